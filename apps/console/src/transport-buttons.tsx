// Record; while it runs: time, pause or resume, stop. Every part keeps its place and width.

import type { ReactNode } from 'react';
import { Icon } from './icons.tsx';

/** What the buttons do. */
export type TransportVerbs = {
  readonly start: () => void;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => void;
};

type TransportButtonsProps = {
  state: 'idle' | 'running' | 'paused';
  /** No button can be pressed: an answer is awaited. */
  isBusy: boolean;
  /** What is missing before it can start, or be paused. */
  isStartBlocked?: boolean;
  isPauseBlocked?: boolean;
  startLabel?: string;
  /** The recorded time, as it moves on. */
  time: ReactNode;
  verbs: TransportVerbs;
  /** Further buttons, between pause and stop. */
  children?: ReactNode;
};

/** The buttons of one recording. */
export function TransportButtons(props: TransportButtonsProps): ReactNode {
  const { state, isBusy, isStartBlocked = false, isPauseBlocked = false, startLabel = 'Record', time, verbs } = props;
  const isPaused = state === 'paused';
  if (state === 'idle') {
    return (
      <button type="button" className="tool record" disabled={isBusy || isStartBlocked} onClick={verbs.start}>
        <span className="record-dot" aria-hidden="true" />
        <span>{startLabel}</span>
      </button>
    );
  }
  return (
    <div className={isPaused ? 'recording paused' : 'recording'}>
      <span className="recording-time" role="timer" aria-label="Recorded so far">
        <span className="record-dot" aria-hidden="true" />
        {time}
      </span>
      <button
        type="button"
        className="tool pause"
        disabled={isBusy || isPauseBlocked}
        onClick={isPaused ? verbs.resume : verbs.pause}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
        <span>{isPaused ? 'Resume' : 'Pause'}</span>
      </button>
      {props.children}
      <button type="button" className="tool stop" disabled={isBusy} onClick={verbs.stop}>
        <span className="stop-square" aria-hidden="true" />
        <span>Stop</span>
      </button>
    </div>
  );
}
