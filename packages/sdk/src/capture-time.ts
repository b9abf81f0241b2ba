// Lets the browser say in its packets when sound and picture were captured. Without it a recording knows only when
// sound was encoded, which is tens of milliseconds later and more on a busy machine.

const CAPTURE_TIME_URI = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

type Extension = { uri: string; direction: string };
/** WebRTC Extensions: https://w3c.github.io/webrtc-extensions/#rtp-header-extension-control-transceiver-interface */
type ExtensionControl = {
  getHeaderExtensionsToNegotiate?(): Extension[];
  setHeaderExtensionsToNegotiate?(extensions: readonly Extension[]): void;
};

/** Offers capture times where the browser can tell them; does nothing elsewhere. */
export function tellCaptureTimes(transceiver: object): void {
  // The methods are too new for TypeScript's own description of a transceiver.
  const control: ExtensionControl = transceiver;
  const extensions = control.getHeaderExtensionsToNegotiate?.();
  const captureTime = extensions?.find((extension) => extension.uri === CAPTURE_TIME_URI);
  if (extensions === undefined || captureTime === undefined) return;
  captureTime.direction = 'sendrecv';
  try {
    control.setHeaderExtensionsToNegotiate?.(extensions);
  } catch {
    // A wish about precision is no reason not to publish.
  }
}
