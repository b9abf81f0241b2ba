// Joining a room from a page that works without one.

import { type FormEvent, type ReactNode, useState } from 'react';
import type { EngineRoom } from './engine-room.ts';
import { NAME_CHARACTERS_MAX } from './limits.ts';
import { ProblemList } from './problem-list.tsx';
import { useStore } from './store.ts';

type RoomBarProps = {
  room: EngineRoom;
  /** What a room is good for here, one sentence. */
  purpose: string;
  /** Shown while in the room. */
  children?: ReactNode;
};

const STATE_WORDS = {
  connected: 'Connected',
  connecting: 'Connecting …',
  reconnecting: 'Reconnecting …',
  disconnected: 'Not connected',
} as const;

/** A field and a button; then the room and the way out. */
export function RoomBar({ room, purpose, children }: RoomBarProps): ReactNode {
  const { roomId, state, problem } = useStore(room.store);
  const [wanted, setWanted] = useState('demo');
  const join = (event: FormEvent): void => {
    event.preventDefault();
    void room.join(wanted);
  };
  return (
    <section className="side-part room-bar" aria-label="Room">
      <h2>
        Room <span className="dim">· not needed</span>
      </h2>
      {roomId === '' ? (
        <form onSubmit={join}>
          <input
            required
            aria-label="Room"
            maxLength={NAME_CHARACTERS_MAX}
            value={wanted}
            onChange={(event) => setWanted(event.target.value)}
          />
          <button type="submit" className="tool small">
            <span>Join</span>
          </button>
        </form>
      ) : (
        <div className="room-line">
          <strong>{roomId}</strong>
          <span className={`pill ${state}`} role="status">
            <span className="pill-dot" aria-hidden="true" />
            {STATE_WORDS[state]}
          </span>
          <button type="button" className="tool small" onClick={() => void room.leave()}>
            <span>Leave</span>
          </button>
        </div>
      )}
      {roomId === '' ? <p className="dim">{purpose}</p> : children}
      <ProblemList problems={problem === undefined ? [] : [problem]} onDismiss={() => room.dismiss()} />
    </section>
  );
}
