// The record button: one red button that says what it does, how long it has been recording, and pauses.

import type { Recording } from '@roomtape/api';
import { type ReactNode, useEffect, useState } from 'react';
import { formatDuration } from './format.ts';
import { Icon } from './icons.tsx';
import type { RoomRecordings } from './room-recordings.ts';

type RecordControlProps = { recordings: RoomRecordings; active: Recording | undefined; isBusy: boolean };

/** Starts, pauses, resumes and stops the recording of the room. */
export function RecordControl({ recordings, active, isBusy }: RecordControlProps): ReactNode {
  if (active === undefined) {
    return (
      <button type="button" className="tool record" disabled={isBusy} onClick={() => void recordings.start()}>
        <span className="record-dot" aria-hidden="true" />
        <span>Record</span>
      </button>
    );
  }
  const isPaused = active.state === 'paused';
  return (
    <div className={isPaused ? 'recording paused' : 'recording'}>
      <span className="recording-time" role="timer" aria-label="Recorded so far">
        <span className="record-dot" aria-hidden="true" />
        <RunningTime recording={active} />
      </span>
      <button
        type="button"
        className="tool"
        disabled={isBusy || active.state === 'starting'}
        onClick={() => void recordings.change(active.recordingId, isPaused ? 'resume' : 'pause')}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
        <span>{isPaused ? 'Resume' : 'Pause'}</span>
      </button>
      <button
        type="button"
        className="tool stop"
        disabled={isBusy}
        onClick={() => void recordings.change(active.recordingId, 'stop')}
      >
        <span className="stop-square" aria-hidden="true" />
        <span>Stop</span>
      </button>
    </div>
  );
}

const STATE_WORDS: Partial<Record<Recording['state'], string>> = { starting: 'Starting …', paused: 'Paused' };

/** Counts between two readings of the server, so that the time moves by itself. */
function RunningTime({ recording }: { recording: Recording }): ReactNode {
  const recordedMs = Math.max(0, ...recording.files.map((file) => file.durationMs));
  const [base, setBase] = useState({ recordedMs, atMs: performance.now() });
  const [nowMs, setNowMs] = useState(performance.now());
  if (base.recordedMs !== recordedMs) setBase({ recordedMs, atMs: performance.now() });
  useEffect(() => {
    const timer = setInterval(() => setNowMs(performance.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const isRunning = recording.state === 'recording' && recording.files.length > 0;
  const shownMs = recordedMs + (isRunning ? Math.max(0, nowMs - base.atMs) : 0);
  const word = STATE_WORDS[recording.state];
  return (
    <>
      {formatDuration(shownMs)}
      {word === undefined ? null : <span className="dim">{word}</span>}
    </>
  );
}
