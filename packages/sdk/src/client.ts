// The client: one participant in one room at a time. Joins the parts together and turns what they say into typed
// events; holds no protocol of its own. Recording in the browser is not part of it yet.

import type { Participant, ServerMessage, Stream } from '@roomtape/api';
import { Emitter, type Unsubscribe } from './emitter.ts';
import { createBrowserEnvironment, type Environment } from './environment.ts';
import { CLIENT_ERRORS, clientError, RoomtapeClientError } from './errors.ts';
import type { ClientEvents, RoomState } from './events.ts';
import { closeLocalStream, type LocalStream, openLocalStream, type StreamSource } from './local-stream.ts';
import { Player } from './player.ts';
import { Publisher, type PublishOptions } from './publisher.ts';
import { QualityMonitor, type QualitySource } from './quality-monitor.ts';
import { type RoomChange, RoomMirror } from './room-mirror.ts';
import { RoomSocket, type SocketState } from './room-socket.ts';
import type { SignalingTarget } from './signaling-resource.ts';
import { createTokenSource, type TokenSource } from './token.ts';

/** Which server a client talks to. */
export type ClientOptions = {
  /** Address of the server, such as `https://rec.example.org`. */
  readonly server: string;
  /** STUN and TURN servers; not needed where the server's media port can be reached. */
  readonly iceServers?: readonly RTCIceServer[];
  /** Replaces the browser, for tests. */
  readonly environment?: Environment;
};

/** As whom a room is joined. */
export type LoginOptions = {
  /** A token that your server got from `POST /v1/rooms/{roomId}/tokens` for this user. */
  readonly token: string;
  readonly userId: string;
  readonly userName: string;
  /** Gets a new token when the first runs out; without it the room is left then. */
  renewToken?(): Promise<string>;
};

/** A room and a way to prove that one may be there. */
export type RoomAccess = { readonly roomId: string; readonly token: TokenSource };

type Login = RoomAccess & { readonly socket: RoomSocket };
/** A stream as its endpoint is asked for it. */
type TargetStream = { readonly streamId: string; readonly source?: StreamSource['source'] };

/** Creates a client of one server; nothing is connected yet. */
export function createRoomtape(options: ClientOptions): RoomtapeClient {
  return new RoomtapeClient(options);
}

/** One participant. Everything it started ends with `logoutRoom`; devices end when their stream is destroyed. */
export class RoomtapeClient {
  readonly #server: URL;
  readonly #environment: Environment;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #mirror = new RoomMirror();
  readonly #publishers = new Map<string, Publisher>();
  readonly #players = new Map<string, Player>();
  readonly #unfollow = new WeakMap<Publisher, Unsubscribe>();
  readonly #monitor: QualityMonitor;
  #login: Login | undefined;
  #roomState: RoomState = 'disconnected';
  #isMicrophoneMuted = false;
  #isCameraEnabled = true;

  constructor(options: ClientOptions) {
    this.#server = new URL(options.server);
    this.#environment = options.environment ?? createBrowserEnvironment(options.iceServers);
    this.#monitor = new QualityMonitor(
      this.#environment,
      () => this.#qualitySources(),
      (quality) => this.#emitter.emit('stream-quality', quality),
    );
  }

  /** Calls `listener` on each event of that name; the returned function ends it. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (payload: ClientEvents[Name]) => void): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  /** The connection to the room as it is now. */
  get roomState(): RoomState {
    return this.#roomState;
  }

  /** Everybody in the room, oneself included. */
  get participants(): readonly Participant[] {
    return this.#mirror.participants;
  }

  /** Everything published in the room, one's own included. */
  get streams(): readonly Stream[] {
    return this.#mirror.streams;
  }

  /** The room that was joined and a token that is valid there; stays usable after the room was left. */
  get session(): RoomAccess | undefined {
    return this.#login;
  }

  /** Joins a room; resolves when its participants and streams have been told by events. */
  async loginRoom(roomId: string, options: LoginOptions): Promise<void> {
    if (this.#login !== undefined) throw clientError('ALREADY_LOGGED_IN');
    const token = createTokenSource(options.token, options.renewToken?.bind(options));
    const socket = new RoomSocket({
      environment: this.#environment,
      url: this.#address('ws', `/v1/rooms/${encodeURIComponent(roomId)}/events`),
      describeJoin: async () => ({ type: 'join', token: await token(), userName: options.userName }),
      onMessage: (message) => this.#handleMessage(message),
      onState: (state, error) => this.#handleSocket(state, error),
    });
    this.#login = { roomId, token, socket };
    this.#changeRoom('connecting', undefined);
    this.#monitor.open();
    await socket.open();
  }

  /** Leaves the room and stops everything published and played; devices stay open for the next preview. */
  async logoutRoom(): Promise<void> {
    const login = this.#login;
    if (login === undefined) return;
    const publishing = [...this.#publishers.keys()].map((streamId) => this.stopPublishingStream(streamId));
    const playing = [...this.#players.keys()].map((streamId) => this.stopPlayingStream(streamId));
    await Promise.all([...publishing, ...playing]);
    login.socket.close();
  }

  /** Opens camera and microphone, a screen, or takes a `MediaStream` the page has made. */
  createStream(source: StreamSource): Promise<LocalStream> {
    return openLocalStream(this.#environment, source);
  }

  /** Stops the devices of a stream made by `createStream`; a stream that is published should be stopped first. */
  destroyStream(stream: LocalStream): void {
    closeLocalStream(stream);
  }

  /** Shows one's own stream, without its sound; needs no room. */
  async startPreview(element: HTMLVideoElement, stream: LocalStream): Promise<void> {
    element.muted = true;
    element.playsInline = true;
    element.srcObject = stream.mediaStream;
    // A browser may refuse to start playing by itself; the first picture is shown all the same.
    await element.play().catch(() => undefined);
  }

  /** Takes a preview off its element; the devices stay open. */
  stopPreview(element: HTMLVideoElement): void {
    element.srcObject = null;
  }

  /**
   * Publishes a stream under an id that is unique in the room; resolves when media flows. A lost connection comes
   * back by itself under the same id. Rejects with a client error, `STREAM_TAKEN` for instance.
   */
  async startPublishingStream(streamId: string, options: PublishOptions): Promise<void> {
    const login = this.#requireLogin();
    if (this.#publishers.has(streamId)) throw clientError('ALREADY_PUBLISHING', { details: { streamId } });
    const publisher = new Publisher(options, {
      environment: this.#environment,
      describeTarget: () => this.#target('whip', login, { streamId, source: options.stream.source }),
      onState: (state, error) => {
        if (state === 'failed') this.#forget(streamId);
        if (state === 'connected') this.#follow(streamId, publisher);
        this.#emitter.emit('publisher-state-changed', { streamId, state, error });
      },
    });
    this.#publishers.set(streamId, publisher);
    this.#applyMutes(publisher);
    const unfollow = options.stream.onChange?.(() => this.#follow(streamId, publisher));
    if (unfollow !== undefined) this.#unfollow.set(publisher, unfollow);
    await publisher.start();
  }

  /** Stops publishing a stream; its devices stay open. Does nothing when it is not published. */
  async stopPublishingStream(streamId: string): Promise<void> {
    const publisher = this.#publishers.get(streamId);
    this.#forget(streamId);
    await publisher?.stop();
  }

  /** Changes the upper limit of what is published, bits per second. Does nothing when it is not published. */
  async limitPublishedBitrate(streamId: string, maxBitrateBps: number): Promise<void> {
    await this.#publishers.get(streamId)?.limitBitrate(maxBitrateBps);
  }

  /**
   * Plays a stream of the room; resolves when media flows. The `MediaStream` stays the same across reconnections
   * and is emptied when the stream ends.
   */
  async startPlayingStream(streamId: string): Promise<MediaStream> {
    const login = this.#requireLogin();
    const playing = this.#players.get(streamId);
    if (playing !== undefined) return playing.mediaStream;
    const player = new Player({
      environment: this.#environment,
      describeTarget: () => this.#target('whep', login, { streamId }),
      onState: (state, error) => {
        if (state === 'failed') this.#players.delete(streamId);
        this.#emitter.emit('player-state-changed', { streamId, state, error });
      },
      onTracks: () => this.#emitter.emit('player-tracks-changed', { streamId, mediaStream: player.mediaStream }),
    });
    this.#players.set(streamId, player);
    await player.start();
    return player.mediaStream;
  }

  /** Stops playing a stream. Does nothing when it is not played. */
  async stopPlayingStream(streamId: string): Promise<void> {
    const player = this.#players.get(streamId);
    this.#players.delete(streamId);
    await player?.stop();
  }

  /** Mutes or unmutes the sound of every camera stream, and tells the room. */
  muteMicrophone(muted: boolean): void {
    this.#isMicrophoneMuted = muted;
    this.#changeMutes();
  }

  /** Switches the picture of every camera stream on or off, and tells the room. The device stays open. */
  enableCamera(enabled: boolean): void {
    this.#isCameraEnabled = enabled;
    this.#changeMutes();
  }

  #forget(streamId: string): void {
    const publisher = this.#publishers.get(streamId);
    if (publisher !== undefined) this.#unfollow.get(publisher)?.();
    this.#publishers.delete(streamId);
  }

  /** The stream changed, or its connection came while it changed: sends its tracks, and tells its mutes. */
  #follow(streamId: string, publisher: Publisher): void {
    if (publisher.state !== 'connected') return;
    // A track that cannot be sent leaves the old one in place; the next change tries again.
    void publisher.followTracks().catch(() => undefined);
    this.#tellMuted(streamId, publisher);
  }

  #changeMutes(): void {
    for (const [streamId, publisher] of this.#publishers) {
      this.#applyMutes(publisher);
      this.#tellMuted(streamId, publisher);
    }
  }

  #applyMutes(publisher: Publisher): void {
    const { audioTrack, videoTrack, source, isMuted } = publisher.stream;
    if (source === 'screen' || isMuted !== undefined) return;
    if (audioTrack !== undefined) audioTrack.enabled = !this.#isMicrophoneMuted;
    if (videoTrack !== undefined) videoTrack.enabled = this.#isCameraEnabled;
  }

  /** Tells the room which tracks are muted where it thinks otherwise; also after each reconnection. */
  #tellMuted(streamId: string, publisher: Publisher): void {
    const known = this.#mirror.streams.find((stream) => stream.streamId === streamId)?.tracks;
    for (const track of [publisher.stream.audioTrack, publisher.stream.videoTrack]) {
      if (track === undefined) continue;
      const kind = track.kind === 'audio' ? 'audio' : 'video';
      const muted = publisher.stream.isMuted?.(kind) ?? !track.enabled;
      const isKnown = known?.find((one) => one.kind === kind)?.muted ?? false;
      if (muted !== isKnown) this.#login?.socket.send({ type: 'set-muted', streamId, kind, muted });
    }
  }

  #handleMessage(message: ServerMessage): void {
    for (const change of this.#mirror.apply(message)) this.#tell(change);
    if (message.type === 'joined') {
      for (const [streamId, publisher] of this.#publishers) this.#tellMuted(streamId, publisher);
    }
    if (message.type === 'recording-changed') {
      const { recordingId, state } = message;
      this.#emitter.emit('recording-changed', { recordingId, state });
    }
    if (message.type === 'error') {
      const code = message.code as RoomtapeClientError['code'];
      const error = new RoomtapeClientError(code, { ...CLIENT_ERRORS.UNEXPECTED_ANSWER, message: message.message });
      this.#emitter.emit('error', { error });
    }
  }

  #tell(change: RoomChange): void {
    switch (change.type) {
      case 'participants-changed':
        this.#emitter.emit(change.type, { ...change, participants: this.participants });
        break;
      case 'stream-removed':
        void this.stopPlayingStream(change.stream.streamId);
        this.#emitter.emit(change.type, change);
        break;
      default:
        if (change.stream.state === 'interrupted') this.#publishers.get(change.stream.streamId)?.recover();
        this.#emitter.emit(change.type, change);
    }
  }

  #handleSocket(state: SocketState, error: RoomtapeClientError | undefined): void {
    if (state === 'connected') this.#changeRoom('connected', undefined);
    else if (state === 'reconnecting') this.#changeRoom('reconnecting', error);
    else if (state === 'closed') this.#disconnected(error);
  }

  #disconnected(error: RoomtapeClientError | undefined): void {
    this.#login = undefined;
    this.#monitor.close();
    for (const streamId of [...this.#publishers.keys()]) void this.stopPublishingStream(streamId);
    for (const change of this.#mirror.clear()) this.#tell(change);
    this.#changeRoom('disconnected', error);
  }

  #changeRoom(state: RoomState, error: RoomtapeClientError | undefined): void {
    if (this.#roomState === state) return;
    this.#roomState = state;
    this.#emitter.emit('room-state-changed', { state, error });
  }

  #requireLogin(): Login {
    if (this.#login === undefined) throw clientError('NOT_LOGGED_IN');
    return this.#login;
  }

  async #target(endpoint: 'whip' | 'whep', login: Login, stream: TargetStream): Promise<SignalingTarget> {
    const { streamId, source } = stream;
    const kind = source === 'screen' ? '?kind=screen' : '';
    const path = `/${endpoint}/${encodeURIComponent(login.roomId)}/${encodeURIComponent(streamId)}${kind}`;
    return { environment: this.#environment, url: this.#address('http', path), token: await login.token() };
  }

  #address(scheme: 'http' | 'ws', path: string): string {
    const url = new URL(path, this.#server);
    url.protocol = this.#server.protocol === 'https:' ? `${scheme}s:` : `${scheme}:`;
    return url.href;
  }

  #qualitySources(): QualitySource[] {
    const list = (direction: 'publish' | 'play', streams: ReadonlyMap<string, Publisher | Player>): QualitySource[] =>
      [...streams].flatMap(([streamId, { connection, state }]) =>
        connection === undefined || state !== 'connected' ? [] : [{ streamId, direction, connection }],
      );
    return [...list('publish', this.#publishers), ...list('play', this.#players)];
  }
}
