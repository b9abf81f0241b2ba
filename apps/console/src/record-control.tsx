// The record button: one red button that says what it does, how long it has been recording, and pauses.

import type { Recording } from '@roomtape/api';
import type { ReactNode } from 'react';
import type { RoomRecordings } from './room-recordings.ts';
import { RunningTime } from './running-time.tsx';
import { TransportButtons } from './transport-buttons.tsx';

type RecordControlProps = { recordings: RoomRecordings; active: Recording | undefined; isBusy: boolean };

/** Starts, pauses, resumes and stops the recording of the room. */
export function RecordControl({ recordings, active, isBusy }: RecordControlProps): ReactNode {
  const change = (verb: 'stop' | 'pause' | 'resume') => () => {
    if (active !== undefined) void recordings.change(active.recordingId, verb);
  };
  return (
    <TransportButtons
      state={transportState(active)}
      isBusy={isBusy}
      isPauseBlocked={active?.state === 'starting'}
      time={active === undefined ? null : <RecordedTime recording={active} />}
      verbs={{
        start: () => void recordings.start(),
        pause: change('pause'),
        resume: change('resume'),
        stop: change('stop'),
      }}
    />
  );
}

/** What the buttons of a recording that is under way offer. */
export function transportState(active: Recording | undefined): 'idle' | 'running' | 'paused' {
  if (active === undefined) return 'idle';
  return active.state === 'paused' ? 'paused' : 'running';
}

const STATE_WORDS: Partial<Record<Recording['state'], string>> = { starting: 'Starting …', paused: 'Paused' };

function RecordedTime({ recording }: { recording: Recording }): ReactNode {
  const { state, files } = recording;
  const word = STATE_WORDS[state];
  return (
    <>
      <RunningTime
        recordedMs={Math.max(0, ...files.map((file) => file.durationMs))}
        isRunning={state === 'recording' && files.length > 0}
      />
      {word === undefined ? null : <span className="dim">{word}</span>}
    </>
  );
}
