// The buttons of one channel's recording, and its figures beside them. Every part keeps its place and width.

import type { ReactNode } from 'react';
import { Figure } from '../figure.tsx';
import { formatBitrate, formatBytes, formatDuration } from '../format.ts';
import { TransportButtons, type TransportVerbs } from '../transport-buttons.tsx';
import { type ChannelView, isActive } from './channel-view.ts';
import { hasPicture } from './record-settings.ts';
import { useShownDuration } from './shown-duration.ts';

/** Record; while it runs: time, pause, stop. */
export function Transport({ view, verbs }: { view: ChannelView; verbs: TransportVerbs }): ReactNode {
  const running = view.state === 'paused' ? 'paused' : 'running';
  return (
    <TransportButtons
      state={isActive(view) ? running : 'idle'}
      isBusy={view.isBusy}
      isStartBlocked={view.mediaStream === undefined}
      time={<RunningTime view={view} />}
      verbs={verbs}
    />
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
