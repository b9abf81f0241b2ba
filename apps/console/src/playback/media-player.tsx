// A player in a list: picture or sound, of any container the console knows, with plain words when it fails.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Icon } from '../icons.tsx';
import { attachMedia, type MediaAddress } from './attach-media.ts';

type MediaPlayerProps = {
  media: MediaAddress;
  /** Where playback begins, seconds; read when `media` changes. */
  fromSeconds?: number;
  /** Waits for the person to press play. */
  isPaused?: boolean;
  /** There is no picture: a narrow bar is enough. */
  isSoundOnly?: boolean;
  onEnded?: (atSeconds: number) => void;
  /** The person asks for another try at this place. */
  onRetry: (atSeconds: number) => void;
};

/** Plays `media` from the moment it is shown; a new object in `media` opens the file again. */
export function MediaPlayer(props: MediaPlayerProps): ReactNode {
  const { media, fromSeconds = 0, isPaused = false, isSoundOnly = false, onEnded, onRetry } = props;
  const video = useRef<HTMLVideoElement>(null);
  const [failure, setFailure] = useState<string>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the place belongs to the media that is opened
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    setFailure(undefined);
    const detach = attachMedia(element, media, setFailure);
    element.currentTime = fromSeconds;
    if (!isPaused) void element.play().catch(() => undefined);
    return detach;
  }, [media]);
  const place = (): number => video.current?.currentTime ?? 0;
  return (
    <div className="player">
      {/* biome-ignore lint/a11y/useMediaCaption: recordings have no captions */}
      <video
        ref={video}
        className={isSoundOnly ? 'sound-only' : undefined}
        controls
        autoPlay={!isPaused}
        playsInline
        preload="auto"
        onEnded={() => onEnded?.(place())}
      />
      {failure === undefined ? null : (
        <p className="card-problem" role="status" title={failure}>
          <Icon name="alert" />
          <span>This browser cannot play the file now. Download it, or </span>
          <button type="button" className="quiet small" onClick={() => onRetry(place())}>
            <Icon name="refresh" />
            try again
          </button>
        </p>
      )}
    </div>
  );
}
