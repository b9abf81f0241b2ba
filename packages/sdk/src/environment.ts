// Everything the SDK takes from the browser, in one place, so that its parts run in tests without one.

/** The browser as the SDK sees it. */
export interface Environment {
  fetch(url: string, init: RequestInit): Promise<Response>;
  openWebSocket(url: string): WebSocket;
  createPeerConnection(): RTCPeerConnection;
  /** Codecs this browser can send or receive; empty when it does not tell. */
  codecs(direction: 'send' | 'receive', kind: 'audio' | 'video'): readonly RTCRtpCodec[];
  createMediaStream(): MediaStream;
  readonly mediaDevices: MediaDevices | undefined;
  /** Milliseconds of a clock that never goes backwards. */
  nowMs(): number;
  /** Runs `action` once; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
  /** 0 ≤ x < 1. */
  random(): number;
}

/** Creates the environment of the page the SDK runs in. `iceServers` are only needed behind strict NATs. */
export function createBrowserEnvironment(iceServers: readonly RTCIceServer[] = []): Environment {
  return {
    fetch: (url, init) => globalThis.fetch(url, init),
    openWebSocket: (url) => new WebSocket(url),
    createPeerConnection: () => new RTCPeerConnection({ iceServers: [...iceServers], bundlePolicy: 'max-bundle' }),
    codecs: (direction, kind) => {
      const from = direction === 'send' ? globalThis.RTCRtpSender : globalThis.RTCRtpReceiver;
      return from?.getCapabilities?.(kind)?.codecs ?? [];
    },
    createMediaStream: () => new MediaStream(),
    mediaDevices: globalThis.navigator?.mediaDevices,
    nowMs: () => performance.now(),
    after: (delayMs, action) => {
      const timer = setTimeout(action, delayMs);
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
  };
}
