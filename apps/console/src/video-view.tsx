// A video element that shows a MediaStream and keeps showing it when its tracks are replaced.

import { type ReactNode, useEffect, useRef } from 'react';

type VideoViewProps = {
  mediaStream: MediaStream;
  isMuted: boolean;
  isMirrored: boolean;
  isFitted?: boolean;
  onSilenced?: () => void;
  /** The size of the picture is known: it shows something from now on. */
  onPicture?: () => void;
};

/** Shows a stream; `onSilenced` tells that the browser would not play its sound without a click. */
export function VideoView(props: VideoViewProps): ReactNode {
  const { mediaStream, isMuted, isMirrored, isFitted, onSilenced, onPicture } = props;
  const element = useRef<HTMLVideoElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new callback is no reason to start again
  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    if (video.srcObject !== mediaStream) video.srcObject = mediaStream;
    video.muted = isMuted;
    video.play().catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError' || isMuted) return;
      video.muted = true;
      onSilenced?.();
      void video.play().catch(() => undefined);
    });
  }, [mediaStream, isMuted]);
  const names = ['view', isMirrored ? 'mirrored' : '', isFitted === true ? 'fitted' : ''];
  const className = names.filter(Boolean).join(' ');
  return <video ref={element} className={className} playsInline autoPlay muted={isMuted} onResize={onPicture} />;
}
