// The recordings of the room, beside the stage.

import type { ReactNode } from 'react';
import { RecordingCard } from './recording-card.tsx';
import type { RecordingsView } from './room-recordings.ts';

type RecordingsPanelProps = { list: RecordingsView; names: ReadonlyMap<string, string> };

/** Shows each recording of this room with its files. */
export function RecordingsPanel({ list, names }: RecordingsPanelProps): ReactNode {
  return (
    <aside className="panel" aria-label="Recordings of this room">
      <h2>Recordings</h2>
      <div className="panel-list">
        {list.recordings.length === 0 ? (
          <p className="empty">
            {list.isLoaded
              ? 'Nothing recorded yet. Press Record: every participant gets a file of their own, playable at once.'
              : 'Loading …'}
          </p>
        ) : null}
        {list.recordings.map((recording, index) => (
          <RecordingCard key={recording.recordingId} recording={recording} isOpen={index === 0} names={names} />
        ))}
      </div>
    </aside>
  );
}
