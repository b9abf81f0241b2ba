// The worklet that taps sound. Written as one function that needs nothing from outside, because it is sent as text.

/** The source of the worklet module that registers `roomtape-tap`. */
export function tapModule(): string {
  return '';
}
