// The streams of the room, each with a switch that plays it here and so gives it a tap.

import type { ReactNode } from 'react';
import { useStore } from '../store.ts';
import type { RawAudioSession, RawAudioView } from './raw-audio-session.ts';

/** A switch for each stream of the room. */
export function StreamSwitches({ session, view }: { session: RawAudioSession; view: RawAudioView }): ReactNode {
  const { streams } = useStore(session.room.store);
  if (streams.length === 0) return <p className="dim">Nobody sends anything in this room yet.</p>;
  return (
    <div className="stream-switches">
      {streams.map(({ streamId }) => (
        <label className="switch" key={streamId}>
          <input
            type="checkbox"
            checked={view.played.includes(streamId)}
            onChange={(event) => void session.setPlayed(streamId, event.target.checked)}
          />
          <span>Play {streamId}</span>
        </label>
      ))}
    </div>
  );
}
