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
  /** Shows what was drawn as one frame. */
  present(): void;
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
  const picture = canvas.captureStream(0);
  const track = picture.getVideoTracks()[0] as CanvasCaptureMediaStreamTrack;
  const mediaStream = new MediaStream([track, ...output.stream.getAudioTracks()]);
  void audio.resume();
  return {
    context,
    audio,
    output,
    present: () => track.requestFrame(),
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
