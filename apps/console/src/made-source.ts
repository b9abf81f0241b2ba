// A picture and a sound that the page makes itself, and how to end them.

/** A made source; `close` stops its tracks, its beat and its sound. */
export type MadeSource = {
  readonly mediaStream: MediaStream;
  /** Changes the name in the picture. */
  rename(name: string): void;
  close(): void;
};

/** The canvas and sound output of a made source. */
export type Studio = {
  readonly context: CanvasRenderingContext2D;
  readonly audio: AudioContext;
  readonly output: MediaStreamAudioDestinationNode;
  /** Shows what was drawn as one frame, taken at that moment of the page's clock (`performance.now()`), seconds. */
  present(atSeconds: number): void;
  /** Ends everything; `stopTicker` first. */
  finish(stopTicker: () => void, rename: (name: string) => void): MadeSource;
};

/** Prepares a canvas of that size and a mono sound output. */
export function openStudio(width: number, height: number): Studio {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new DOMException('This browser cannot draw', 'NotSupportedError');
  const audio = new AudioContext({ sampleRate: 48_000, latencyHint: 'interactive' });
  const output = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
  const { track, present } = stampedPictures(canvas) ?? capturedPictures(canvas);
  const mediaStream = new MediaStream([track, ...output.stream.getAudioTracks()]);
  void audio.resume();
  return {
    context,
    audio,
    output,
    present,
    finish: (stopTicker, rename) => ({
      mediaStream,
      rename,
      close: () => {
        stopTicker();
        for (const each of mediaStream.getTracks()) each.stop();
        void audio.close();
      },
    }),
  };
}

type Pictures = { readonly track: MediaStreamTrack; present(atSeconds: number): void };

/** Chromium's older form of W3C `VideoTrackGenerator`: the one that works in a page itself. */
declare const MediaStreamTrackGenerator:
  | (new (init: {
      kind: 'video';
    }) => MediaStreamTrack & { readonly writable: WritableStream<VideoFrame> })
  | undefined;

/** Pictures that carry the time they are meant for: when the page gets to draw them no longer matters. */
function stampedPictures(canvas: HTMLCanvasElement): Pictures | undefined {
  if (typeof MediaStreamTrackGenerator === 'undefined') return undefined;
  const track = new MediaStreamTrackGenerator({ kind: 'video' });
  const writer = track.writable.getWriter();
  // Writing fails once the track is stopped; nobody waits for the picture then.
  writer.closed.catch(() => undefined);
  return {
    track,
    present: (atSeconds) => {
      const frame = new VideoFrame(canvas, { timestamp: Math.round(atSeconds * 1e6) });
      writer.write(frame).catch(() => frame.close());
    },
  };
}

/** Pictures that count as taken when they are drawn. */
function capturedPictures(canvas: HTMLCanvasElement): Pictures {
  const track = canvas.captureStream(0).getVideoTracks()[0] as CanvasCaptureMediaStreamTrack;
  return { track, present: () => track.requestFrame() };
}
