// The worklet that plays PCM handed to it. Written as one function that needs nothing from outside, as it is sent as text.

/** The source of the worklet module that registers `roomtape-pcm-feed`. */
export function pcmFeedModule(): string {
  return '';
}
