// One tile of the room: a picture or initials, the name, what is muted, who speaks, and how it arrives.

import type { StreamQuality } from '@roomtape/sdk';
import { type ReactNode, useEffect, useState } from 'react';
import { formatBitrate, formatCodec, hueOf, initialsOf } from './format.ts';
import { Icon } from './icons.tsx';
import { watchSpeaking } from './sound-level.ts';
import type { TileFacts } from './tiles.ts';
import { VideoView } from './video-view.tsx';

type TileProps = { tile: TileFacts; isSilenced: boolean; onSilenced: () => void };

/** Shows one stream or one silent participant. */
export function Tile({ tile, isSilenced, onSilenced }: TileProps): ReactNode {
  const isSpeaking = useSpeaking(tile);
  const [isShowing, setShowing] = useState(false);
  const names = ['tile', isSpeaking ? 'speaking' : '', tile.isScreen ? 'screen' : ''].filter(Boolean).join(' ');
  const hue = hueOf(tile.userName);
  return (
    <article className={names} aria-label={tileLabel(tile, isSpeaking)} style={{ '--hue': hue } as React.CSSProperties}>
      {tile.mediaStream === undefined ? null : (
        <VideoView
          mediaStream={tile.mediaStream}
          isMuted={tile.isMine || isSilenced}
          isMirrored={false}
          isFitted={tile.isScreen}
          onSilenced={onSilenced}
          onPicture={() => setShowing(true)}
        />
      )}
      {tile.hasPicture && isShowing ? null : (
        <div className="tile-cover" aria-hidden="true">
          <span className="avatar">{initialsOf(tile.userName)}</span>
        </div>
      )}
      <TileState tile={tile} />
      <footer className="tile-foot">
        <span className="tile-name">
          {tile.isAudioMuted ? <Icon name="micOff" /> : null}
          {tile.userName}
          {tile.isMine ? <span className="dim"> (you)</span> : null}
          {tile.isScreen ? <span className="dim"> · screen</span> : null}
        </span>
        <TileQuality quality={tile.quality} />
      </footer>
    </article>
  );
}

const STATE_WORDS: Record<TileFacts['state'], string> = {
  live: '',
  connecting: 'Connecting …',
  interrupted: 'Reconnecting …',
  watching: 'Watching',
};

function TileState({ tile }: { tile: TileFacts }): ReactNode {
  const words = STATE_WORDS[tile.state];
  return (
    <div className="tile-state">
      {tile.isRecorded ? (
        <span className="badge rec" title="This stream is being recorded">
          REC
        </span>
      ) : null}
      {words === '' ? null : <span className="badge">{words}</span>}
    </div>
  );
}

function TileQuality({ quality }: { quality: StreamQuality | undefined }): ReactNode {
  if (quality === undefined) return null;
  const { videoCodec, audioCodec, height, width, framesPerSecond, lostShare } = quality;
  const codec = videoCodec ?? audioCodec;
  const rate = quality.videoBitrateBps + quality.audioBitrateBps;
  const facts = [
    codec === undefined ? '' : formatCodec(codec),
    width === undefined || height === undefined ? '' : `${width}×${height}`,
    framesPerSecond === undefined ? '' : `${Math.round(framesPerSecond)} fps`,
    rate > 0 ? formatBitrate(rate) : '',
    lostShare >= 0.005 ? `${(lostShare * 100).toFixed(1)} % lost` : '',
  ];
  return <span className="tile-quality">{facts.filter(Boolean).join(' · ')}</span>;
}

function tileLabel(tile: TileFacts, isSpeaking: boolean): string {
  const facts = [
    tile.userName,
    tile.isMine ? 'you' : '',
    tile.isScreen ? 'screen' : '',
    tile.isAudioMuted ? 'muted' : '',
    isSpeaking ? 'speaking' : '',
  ];
  return facts.filter(Boolean).join(', ');
}

function useSpeaking(tile: TileFacts): boolean {
  const [isSpeaking, setSpeaking] = useState(false);
  const { mediaStream, isAudioMuted } = tile;
  // A stream whose sound comes later is watched from then on: `quality` arrives once a second.
  const hasSound = (mediaStream?.getAudioTracks().length ?? 0) > 0;
  useEffect(() => {
    setSpeaking(false);
    return mediaStream === undefined || !hasSound ? undefined : watchSpeaking(mediaStream, setSpeaking);
  }, [mediaStream, hasSound]);
  return isSpeaking && !isAudioMuted;
}
