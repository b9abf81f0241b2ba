// The buttons of one channel's recording, and its figures beside them. Every part keeps its place and width.

import type { ReactNode } from 'react';
import { formatBitrate, formatBytes, formatDuration } from '../format.ts';
import { Icon } from '../icons.tsx';
import { type ChannelView, isActive } from './channel-view.ts';
import { hasPicture } from './record-settings.ts';
import { useShownDuration } from './shown-duration.ts';

/** What the buttons do. */
export type TransportVerbs = {
  readonly start: () => void;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => void;
};

/** Record; while it runs: time, pause, stop. */
export function Transport({ view, verbs }: { view: ChannelView; verbs: TransportVerbs }): ReactNode {
  const isPaused = view.state === 'paused';
  if (!isActive(view)) {
    return (
      <button
        type="button"
        className="tool record"
        disabled={view.isBusy || view.mediaStream === undefined}
        onClick={verbs.start}
      >
        <span className="record-dot" aria-hidden="true" />
        <span>Record</span>
      </button>
    );
  }
  return (
    <div className={isPaused ? 'recording paused' : 'recording'}>
      <span className="recording-time" role="timer" aria-label="Recorded so far">
        <span className="record-dot" aria-hidden="true" />
        <RunningTime view={view} />
      </span>
      <button
        type="button"
        className="tool pause"
        disabled={view.isBusy}
        onClick={isPaused ? verbs.resume : verbs.pause}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
        <span>{isPaused ? 'Resume' : 'Pause'}</span>
      </button>
      <button type="button" className="tool stop" disabled={view.isBusy} onClick={verbs.stop}>
        <span className="stop-square" aria-hidden="true" />
        <span>Stop</span>
      </button>
    </div>
  );
}

function RunningTime({ view }: { view: ChannelView }): ReactNode {
  return formatDuration(useShownDuration(view));
}

/** Size, frame rate, bitrate and dropped frames of the running recording, or of the last one. */
export function Figures({ view }: { view: ChannelView }): ReactNode {
  const { progress } = view;
  const isPictured = hasPicture(view.settings);
  const bitrate = progress === undefined ? undefined : progress.videoBitrateBps + progress.audioBitrateBps;
  return (
    <dl className="figures">
      <Figure label="Size" value={progress === undefined ? undefined : formatBytes(progress.currentFileBytes)} />
      <Figure
        label="Frame rate"
        value={progress === undefined || !isPictured ? undefined : `${progress.framesPerSecond.toFixed(1)} fps`}
      />
      <Figure label="Bitrate" value={bitrate === undefined ? undefined : formatBitrate(bitrate)} />
      <Figure
        label="Dropped"
        value={progress === undefined || !isPictured ? undefined : String(progress.droppedFrames)}
        isBad={(progress?.droppedFrames ?? 0) > 0}
      />
    </dl>
  );
}

type FigureProps = { label: string; value: string | undefined; isBad?: boolean };

function Figure({ label, value, isBad = false }: FigureProps): ReactNode {
  return (
    <div className={isBad ? 'figure bad' : 'figure'}>
      <dt>{label}</dt>
      <dd>{value ?? '–'}</dd>
    </div>
  );
}
