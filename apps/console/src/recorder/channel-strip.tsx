// The four publish channels side by side: what each one shows, and whether it is being recorded.

import type { PublishChannel } from '@roomtape/sdk';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import { formatDuration } from '../format.ts';
import { VideoView } from '../video-view.tsx';
import { CHANNEL_NAMES, SOURCE_NAMES } from './channel-names.ts';
import { type ChannelView, isActive } from './channel-view.ts';
import { useShownDuration } from './shown-duration.ts';

type ChannelStripProps = {
  channels: readonly ChannelView[];
  selected: PublishChannel;
  onSelect: (channel: PublishChannel) => void;
};

/** A tab for each channel; arrow keys go from one to the next. */
export function ChannelStrip({ channels, selected, onSelect }: ChannelStripProps): ReactNode {
  const strip = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const index = channels.findIndex(({ channel }) => channel === selected);
    const next = channels[(index + step + channels.length) % channels.length];
    if (next === undefined) return;
    onSelect(next.channel);
    strip.current?.querySelector<HTMLElement>(`#tab-${next.channel}`)?.focus();
  };
  return (
    <div ref={strip} className="channels" role="tablist" aria-label="Channels" onKeyDown={move}>
      {channels.map((view) => (
        <ChannelTab
          key={view.channel}
          view={view}
          isSelected={view.channel === selected}
          onSelect={() => onSelect(view.channel)}
        />
      ))}
    </div>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };

type ChannelTabProps = { view: ChannelView; isSelected: boolean; onSelect: () => void };

function ChannelTab({ view, isSelected, onSelect }: ChannelTabProps): ReactNode {
  const { channel, mediaStream, source } = view;
  const hasPicture = (mediaStream?.getVideoTracks().length ?? 0) > 0;
  return (
    <button
      type="button"
      role="tab"
      id={`tab-${channel}`}
      className="channel-tab"
      aria-selected={isSelected}
      aria-controls="channel-stage"
      tabIndex={isSelected ? 0 : -1}
      onClick={onSelect}
    >
      <span className="channel-thumb" aria-hidden="true">
        {mediaStream !== undefined && hasPicture ? (
          <VideoView mediaStream={mediaStream} isMuted isMirrored={source === 'camera'} />
        ) : null}
      </span>
      <span className="channel-words">
        <span className="channel-name">{CHANNEL_NAMES[channel]}</span>
        {isActive(view) ? <RunningWords view={view} /> : <span className="dim">{SOURCE_NAMES[source]}</span>}
      </span>
    </button>
  );
}

function RunningWords({ view }: { view: ChannelView }): ReactNode {
  const isPaused = view.state === 'paused';
  return (
    <span className={isPaused ? 'channel-running paused' : 'channel-running'}>
      <span className="record-dot" aria-hidden="true" />
      <span className="sr-only">{isPaused ? 'Paused' : 'Recording'} </span>
      {formatDuration(useShownDuration(view))}
    </span>
  );
}
