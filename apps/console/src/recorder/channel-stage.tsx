// The large picture of the chosen channel, with its level meter; without a source, the ways to get one.

import type { ReactNode } from 'react';
import { Icon, type IconName } from '../icons.tsx';
import { LevelMeter } from '../level-meter.tsx';
import { VideoView } from '../video-view.tsx';
import { CHANNEL_NAMES, SOURCE_NAMES } from './channel-names.ts';
import { type ChannelSource, type ChannelView, isActive } from './channel-view.ts';

type ChannelStageProps = { view: ChannelView; canShareScreen: boolean; onSource: (source: ChannelSource) => void };

/** Shows the channel. */
export function ChannelStage({ view, canShareScreen, onSource }: ChannelStageProps): ReactNode {
  const { channel, mediaStream, source } = view;
  const hasPicture = (mediaStream?.getVideoTracks().length ?? 0) > 0;
  const hasSound = (mediaStream?.getAudioTracks().length ?? 0) > 0;
  return (
    <div className="preview studio-preview" id="channel-stage" role="tabpanel" aria-labelledby={`tab-${channel}`}>
      {mediaStream !== undefined && hasPicture ? (
        <VideoView mediaStream={mediaStream} isMuted isFitted isMirrored={source === 'camera'} />
      ) : (
        <StageNotice view={view} canShareScreen={canShareScreen} onSource={onSource} />
      )}
      {isActive(view) ? (
        <div className="tile-state">
          <span className="badge rec">{view.state === 'paused' ? 'PAUSED' : 'REC'}</span>
        </div>
      ) : null}
      {mediaStream === undefined ? null : (
        <div className="preview-bar">
          <Icon name={hasSound ? 'mic' : 'micOff'} />
          <LevelMeter mediaStream={mediaStream} label={`Level of the ${CHANNEL_NAMES[channel]} channel`} />
          <span className="preview-words">{SOURCE_NAMES[source]}</span>
        </div>
      )}
    </div>
  );
}

const OFFERS: readonly { source: ChannelSource; icon: IconName }[] = [
  { source: 'camera', icon: 'camera' },
  { source: 'screen', icon: 'screen' },
  { source: 'test', icon: 'picture' },
  { source: 'flash-beep', icon: 'flash' },
];

function StageNotice({ view, canShareScreen, onSource }: ChannelStageProps): ReactNode {
  const { isOpening, sourceProblem, mediaStream } = view;
  if (isOpening) return <p className="preview-notice">Opening …</p>;
  if (mediaStream !== undefined) return <p className="preview-notice">No picture: this channel has sound only.</p>;
  return (
    <div className="preview-notice">
      {sourceProblem === undefined ? (
        <strong>The {CHANNEL_NAMES[view.channel]} channel is off</strong>
      ) : (
        <div role="status">
          <strong>{sourceProblem.message}</strong>
          <p>{sourceProblem.whatToDo}</p>
        </div>
      )}
      <div className="offers">
        {OFFERS.filter(({ source }) => source !== 'screen' || canShareScreen).map(({ source, icon }) => (
          <button key={source} type="button" className="tool" onClick={() => onSource(source)}>
            <Icon name={icon} />
            <span>{SOURCE_NAMES[source]}</span>
          </button>
        ))}
      </div>
    </div>
  );
}
