// Keeps a camera's picture whole while the browser does not know the path yet: it would begin at a quarter of the
// size and climb one step in seconds, whatever the path carries. Afterwards it decides again by itself.

/** MediaStreamTrack Content Hints §5.2: https://www.w3.org/TR/mst-content-hint/#dom-rtcdegradationpreference */
type DegradationPreference = 'maintain-resolution' | 'balanced';

/** Asks for full size at the cost of pictures per second; does nothing where the browser cannot. */
export function preferSize(sender: RTCRtpSender): void {
  setPreference(sender, 'maintain-resolution');
}

/** Lets the browser trade size against pictures per second again. */
export function preferBalance(connection: RTCPeerConnection): void {
  for (const sender of connection.getSenders()) {
    if (sender.track?.kind === 'video') setPreference(sender, 'balanced');
  }
}

function setPreference(sender: RTCRtpSender, degradationPreference: DegradationPreference): void {
  const parameters = sender.getParameters();
  // A wish about the first second is no reason not to publish.
  void sender.setParameters({ ...parameters, degradationPreference } as RTCRtpSendParameters).catch(() => undefined);
}
