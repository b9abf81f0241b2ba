// A browser for unit tests: a clock that moves when told, answers that are prepared, and connections that do what the
// test says. Only what the SDK uses is there.

import type { Environment } from '../environment.ts';

/** One request the SDK made. */
export type SeenRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** How the fake server answers a request; `undefined` means the network is down. */
export type Answer = (request: SeenRequest) => Response | undefined;

/** A fake browser and the strings a test pulls. */
export class FakeEnvironment implements Environment {
  readonly requests: SeenRequest[] = [];
  readonly connections: FakePeerConnection[] = [];
  readonly sockets: FakeWebSocket[] = [];
  answer: Answer = () => undefined;
  codecList: RTCRtpCodec[] = [];
  mediaDevices: MediaDevices | undefined = undefined;
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly action: () => void }[] = [];

  fetch(url: string, init: RequestInit): Promise<Response> {
    const headers = (init.headers ?? {}) as Record<string, string>;
    const request = { method: init.method ?? 'GET', url, headers, body: String(init.body ?? '') };
    this.requests.push(request);
    const response = this.answer(request);
    return response === undefined ? Promise.reject(new TypeError('network down')) : Promise.resolve(response);
  }

  openWebSocket(url: string): WebSocket {
    const socket = new FakeWebSocket(url);
    this.sockets.push(socket);
    return socket as unknown as WebSocket;
  }

  createPeerConnection(): RTCPeerConnection {
    const connection = new FakePeerConnection();
    this.connections.push(connection);
    return connection as unknown as RTCPeerConnection;
  }

  codecs(): readonly RTCRtpCodec[] {
    return this.codecList;
  }

  createMediaStream(): MediaStream {
    return new FakeMediaStream() as unknown as MediaStream;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  random(): number {
    return 1;
  }

  /** Moves the clock, running what is due in order; promises settle between any two timers. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const next = this.#timers.filter((timer) => timer.atMs <= untilMs).toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = next.atMs;
      next.action();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) await Promise.resolve();
}

/** A peer connection whose state the test sets. */
export class FakePeerConnection {
  onicecandidate: ((event: { candidate: RTCIceCandidate | null }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  ontrack: ((event: { track: MediaStreamTrack }) => void) | null = null;
  connectionState: RTCPeerConnectionState = 'new';
  localDescription: { type: string; sdp: string } | null = null;
  remoteDescriptions: string[] = [];
  transceivers: FakeTransceiver[] = [];
  isClosed = false;
  #offers = 0;

  addTransceiver(trackOrKind: MediaStreamTrack | string, init: RTCRtpTransceiverInit): FakeTransceiver {
    const transceiver = new FakeTransceiver(trackOrKind, init);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  getSenders(): FakeSender[] {
    return this.transceivers.map((transceiver) => transceiver.sender);
  }

  async createOffer(): Promise<{ type: string; sdp: string }> {
    this.#offers += 1;
    const ice = `a=ice-ufrag:user${this.#offers}\r\na=ice-pwd:password${this.#offers}\r\n`;
    return { type: 'offer', sdp: `v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n${ice}` };
  }

  async setLocalDescription(description: { type: string; sdp: string }): Promise<void> {
    this.localDescription = description;
  }

  async setRemoteDescription(description: { sdp: string }): Promise<void> {
    this.remoteDescriptions.push(description.sdp);
  }

  async getStats(): Promise<Map<string, unknown>> {
    return new Map();
  }

  close(): void {
    this.isClosed = true;
  }

  /** Becomes `state` and says so. */
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  /** Finds a candidate. */
  find(candidate: string): void {
    this.onicecandidate?.({ candidate: { candidate } as RTCIceCandidate });
  }
}

/** A transceiver that remembers what it was told. */
export class FakeTransceiver {
  readonly trackOrKind: MediaStreamTrack | string;
  readonly init: RTCRtpTransceiverInit;
  preferences: readonly RTCRtpCodec[] = [];
  readonly sender: FakeSender;

  constructor(trackOrKind: MediaStreamTrack | string, init: RTCRtpTransceiverInit) {
    this.trackOrKind = trackOrKind;
    this.init = init;
    this.sender = new FakeSender(typeof trackOrKind === 'string' ? null : trackOrKind);
  }

  setCodecPreferences(codecs: readonly RTCRtpCodec[]): void {
    this.preferences = codecs;
  }
}

/** What a sender was asked for, last. */
export class FakeSender {
  track: MediaStreamTrack | null;
  parameters: Record<string, unknown> = { encodings: [{}] };

  constructor(track: MediaStreamTrack | null) {
    this.track = track;
  }

  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    this.track = track;
  }

  getParameters(): Record<string, unknown> {
    return { ...this.parameters };
  }

  async setParameters(parameters: Record<string, unknown>): Promise<void> {
    this.parameters = parameters;
  }
}

/** A socket whose server is the test. */
export class FakeWebSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly url: string;
  readonly sent: unknown[] = [];
  isClosed = false;
  #sequence = 0;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  /** The server accepts the connection. */
  open(): void {
    this.onopen?.();
  }

  /** The server says something; `sequence` is counted unless given. */
  say(message: object): void {
    this.#sequence += 1;
    const full = { sequence: this.#sequence, at: '2026-01-01T00:00:00Z', ...message };
    this.onmessage?.({ data: JSON.stringify(full) });
  }

  /** The connection breaks. */
  drop(): void {
    this.onclose?.();
  }
}

class FakeMediaStream {
  #tracks: MediaStreamTrack[] = [];

  getTracks(): MediaStreamTrack[] {
    return [...this.#tracks];
  }

  addTrack(track: MediaStreamTrack): void {
    this.#tracks.push(track);
  }

  removeTrack(track: MediaStreamTrack): void {
    this.#tracks = this.#tracks.filter((other) => other !== track);
  }
}

/** A local track as far as the SDK looks at it. */
export function fakeTrack(kind: 'audio' | 'video', settings: MediaTrackSettings = {}): MediaStreamTrack {
  const track = Object.assign(new EventTarget(), {
    kind,
    enabled: true,
    contentHint: '',
    readyState: 'live',
    getSettings: () => settings,
    applyConstraints: async () => undefined,
    stop: () => {
      track.readyState = 'ended';
    },
  });
  return track as unknown as MediaStreamTrack;
}

/** Cameras and microphones of a fake browser; each opening is held until the test answers it, unless `isOpen`. */
export class FakeDevices extends EventTarget {
  readonly asked: MediaStreamConstraints[] = [];
  readonly waiting: { give(): void; refuse(name: string): void }[] = [];
  isOpen = true;

  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    this.asked.push(constraints);
    const tracks = (['audio', 'video'] as const).filter((kind) => Boolean(constraints[kind])).map(deviceTrack);
    if (this.isOpen) return Promise.resolve(fakeMediaStream(...tracks));
    return new Promise((resolve, reject) => {
      this.waiting.push({
        give: () => resolve(fakeMediaStream(...tracks)),
        refuse: (name) => reject(Object.assign(new Error(name), { name })),
      });
    });
  }

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return [{ kind: 'videoinput', deviceId: 'c1', label: 'Camera', groupId: '', toJSON: () => undefined }];
  }
}

function deviceTrack(kind: 'audio' | 'video'): MediaStreamTrack {
  return fakeTrack(kind, { deviceId: `default ${kind}` });
}

/** A local stream of fake tracks. */
export function fakeMediaStream(...tracks: MediaStreamTrack[]): MediaStream {
  const stream = {
    getTracks: () => tracks,
    getAudioTracks: () => tracks.filter((track) => track.kind === 'audio'),
    getVideoTracks: () => tracks.filter((track) => track.kind === 'video'),
  };
  return stream as unknown as MediaStream;
}

/** The answer of a WHIP or WHEP server to an offer. */
export function created(location: string, answerSdp = ANSWER): Response {
  const headers = { Location: location, ETag: '"1"', 'Content-Type': 'application/sdp' };
  return new Response(answerSdp, { status: 201, headers });
}

/** An answer of the server in the form of the error catalogue. */
export function refused(status: number, code: string, retryable = false): Response {
  const error = { code, message: `${code}!`, blame: 'caller', retryable, whatToDo: 'Do it.', details: { a: 1 } };
  return new Response(JSON.stringify({ error: { ...error, requestId: 'r1' } }), { status });
}

const ANSWER = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=mid:0',
  'a=ice-ufrag:server1',
  'a=ice-pwd:serverpassword1',
  'a=fingerprint:sha-256 AA',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=candidate:1 1 udp 1 127.0.0.1 1000 typ host',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'a=mid:1',
  'a=ice-ufrag:server1',
  'a=ice-pwd:serverpassword1',
  '',
].join('\r\n');
