// The media plane of one process: sessions by id, streams by key, tapes by id, and the one timer that drives
// them. Everything it rejects is a RoomtapeError of the public catalogue.

import type { CancelTimer, MediaKind, UnixUs } from '@roomtape/media';
import type {
  MediaPlane,
  SessionAnswer,
  SessionPatch,
  SessionPatched,
  SessionRequest,
  StreamKey,
  TapePosition,
  TapeRequest,
  TapeSource,
} from './media-plane.ts';
import { MEDIA_PLANE_LIMITS, type MediaPlaneLimits, type MediaPlaneOptions } from './media-plane-options.ts';
import { describeSession, type MediaSession, type SessionMedia } from './media-session.ts';
import { PlaySession } from './play-session.ts';
import { PublishSession } from './publish-session.ts';
import { PublishedStream } from './published-stream.ts';
import { writeSdpAnswer } from './sdp-answer.ts';
import { type NegotiatedMedia, negotiatePlay, negotiatePublish } from './sdp-negotiate.ts';
import { parseSdpOffer, type SdpOffer } from './sdp-offer.ts';
import { SessionConnection } from './session-connection.ts';
import { StreamTapes } from './stream-tapes.ts';
import { TapePlayback } from './tape-playback.ts';
import type { RtcTransport } from './transport.ts';
import { callerError, systemError } from './webrtc-error.ts';

const TICK_MS = 20;
const HOUSEKEEPING_US = 500_000;
/** Timers this late mean that this process was held up, and with it the packets it should have heard. */
const STALL_US = 1_000_000;

/** Creates the media plane of this process. */
export function createMediaPlane(options: MediaPlaneOptions): MediaPlane {
  return new MediaPlaneInstance(options);
}

class MediaPlaneInstance implements MediaPlane {
  readonly #options: MediaPlaneOptions;
  readonly #limits: MediaPlaneLimits;
  readonly #sessions = new Map<string, MediaSession>();
  /** Sessions whose transport is being made; they count against the limit. */
  readonly #opening = new Set<string>();
  readonly #streams = new Map<string, PublishedStream>();
  readonly #tapes: StreamTapes;
  readonly #cancelTick: CancelTimer;
  #tickedAt: UnixUs | undefined;
  /** Since when this process has been listening without a pause. */
  #awakeSince = 0;
  #housekeptAt = 0;
  #closed = false;

  constructor(options: MediaPlaneOptions) {
    this.#options = options;
    this.#limits = { ...MEDIA_PLANE_LIMITS, ...options.limits };
    const { clock, log, onEvent, tapeOptions = {} } = options;
    this.#tapes = new StreamTapes({
      clock,
      log,
      tapeOptions,
      tapesMax: this.#limits.tapesMax,
      onEvent,
      onConfig: (stream, kind, config) => {
        if (stream.noteConfig(kind, config)) this.#tellTracks(stream);
      },
    });
    this.#cancelTick = clock.every(TICK_MS, () => this.#tick(clock.now()));
  }

  async openSession(request: SessionRequest): Promise<SessionAnswer> {
    this.#checkRoom(request);
    const offer = parseSdpOffer(request.offerSdp);
    if (request.kind === 'play' && request.tape !== undefined) this.#play(request, request.tape);
    const found = this.#streams.get(keyOf(request));
    if (request.kind === 'publish') this.#checkTaken(found, request);
    const negotiated =
      request.kind === 'publish' ? negotiatePublish(offer) : this.#negotiatePlay(offer, found, request);
    this.#opening.add(request.sessionId);
    const session = this.#createSession(request, offer, negotiated);
    session.stream.holds += 1;
    try {
      const local = await session.connection.open();
      // While the transport was made, another publisher may have come first.
      if (request.kind === 'publish') this.#checkTaken(session.stream, request);
      if (this.#closed) throw systemError('MEDIA_UNAVAILABLE', 'The media plane is closing');
      this.#enter(session);
      const sent = request.kind === 'play' ? { sent: session.stream.ssrcs, msid: 'roomtape' } : {};
      const direction = request.kind === 'play' ? 'sendonly' : 'recvonly';
      const sessionVersion = this.#options.ids.uint32();
      const answerSdp = writeSdpAnswer({ offer, media: negotiated, local, direction, sessionVersion, ...sent });
      return { answerSdp, etag: session.connection.etag };
    } catch (error) {
      session.connection.close();
      throw error;
    } finally {
      this.#opening.delete(request.sessionId);
      this.#release(session.stream);
    }
  }

  async patchSession(patch: SessionPatch): Promise<SessionPatched> {
    const session = this.#sessions.get(patch.sessionId);
    if (session === undefined) throw callerError('SESSION_NOT_FOUND', 'The session has ended');
    return session.connection.patch(patch, session.section);
  }

  closeSession(sessionId: string, reason: string): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#sessions.delete(sessionId);
    session.connection.close();
    const { stream, media } = session;
    const at = this.#options.clock.now();
    if (media.kind === 'publish') stream.unpublish(media.session, reason, at);
    else stream.forwarder.remove(media.session);
    this.#options.log.info({ sessionId, kind: media.kind, reason }, 'session closed');
    this.#options.onEvent({ kind: 'session-closed', ...stream.key, sessionId, reason, at });
    this.#dropStream(stream);
  }

  async startTape(request: TapeRequest): Promise<void> {
    if (this.#closed) throw systemError('MEDIA_UNAVAILABLE', 'The media plane is closing');
    const stream = this.#stream(request);
    stream.holds += 1;
    await this.#tapes.start(stream, request).finally(() => this.#release(stream));
  }

  setTapePaused(tapeId: string, paused: boolean): void {
    this.#tapes.setPaused(tapeId, paused);
  }

  setTapeLayers(tapeId: string, isWanted: boolean): void {
    this.#tapes.setLayersWanted(tapeId, isWanted);
  }

  flushTape(tapeId: string): Promise<TapePosition> {
    return this.#tapes.flush(tapeId);
  }

  async stopTape(tapeId: string, reason: string): Promise<TapePosition> {
    const position = await this.#tapes.stop(tapeId, reason);
    for (const stream of [...this.#streams.values()]) this.#dropStream(stream);
    return position;
  }

  setMuted(key: StreamKey, kind: MediaKind, muted: boolean): void {
    this.#streams.get(keyOf(key))?.setMuted(kind, muted);
  }

  selectLayer(sessionId: string, rid: string): void {
    const media = this.#sessions.get(sessionId)?.media;
    if (media?.kind === 'play') media.session.selectLayer(rid, this.#options.clock.now());
  }

  requestKeyframe(key: StreamKey): void {
    this.#streams.get(keyOf(key))?.requestKeyframes();
  }

  describe(): Record<string, unknown> {
    const now = this.#options.clock.now();
    return {
      sessions: [...this.#sessions.values()].map((session) => describeSession(session, now)),
      streams: [...this.#streams.values()].map((stream) => stream.describe(now)),
      tapes: this.#tapes.describe(),
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTick();
    for (const sessionId of [...this.#sessions.keys()]) this.closeSession(sessionId, 'server-closed');
    await this.#tapes.close();
    for (const stream of this.#streams.values()) stream.stopPlaying();
    this.#streams.clear();
  }

  #checkRoom(request: SessionRequest): void {
    if (this.#closed) throw systemError('MEDIA_UNAVAILABLE', 'The media plane is closing');
    const { sessionId } = request;
    if (this.#sessions.has(sessionId) || this.#opening.has(sessionId)) {
      throw callerError('INVALID_STATE', 'A session of this id is open', { sessionId });
    }
    const max = this.#limits.sessionsMax;
    if (this.#sessions.size + this.#opening.size >= max) {
      throw systemError('LIMIT_REACHED', 'Too many sessions', { details: { limit: 'sessions', max } });
    }
  }

  /** The same user's newest session wins; another user's is refused. */
  #checkTaken(stream: PublishedStream | undefined, request: SessionRequest): void {
    const holder = stream?.publication;
    const isTaken = holder !== undefined && holder.userId !== request.userId;
    if (isTaken || stream?.playback !== undefined) {
      throw callerError('STREAM_TAKEN', 'Another user publishes this stream', { streamId: request.streamId });
    }
  }

  /** Makes a tape a stream, if it is none yet. */
  #play(request: SessionRequest, source: TapeSource): void {
    const stream = this.#stream(request);
    if (stream.playback?.isOver === false) return;
    stream.stopPlaying();
    const { clock, ids, log } = this.#options;
    const sink = {
      onInboundPacket: stream.forwarder.push.bind(stream.forwarder),
      onInboundRestart: stream.forwarder.restart.bind(stream.forwarder),
      onInboundJump: () => {},
    };
    stream.play(new TapePlayback({ source, sink, clock, ids, log }), clock.now());
  }

  #negotiatePlay(offer: SdpOffer, stream: PublishedStream | undefined, request: SessionRequest): NegotiatedMedia[] {
    if (stream?.publication === undefined && stream?.playback === undefined) {
      const { roomId, streamId } = request;
      throw callerError('STREAM_NOT_FOUND', 'The stream is not published', { roomId, streamId });
    }
    const max = this.#limits.viewersPerStreamMax;
    if (stream.forwarder.viewers.size >= max) {
      throw systemError('LIMIT_REACHED', 'Too many viewers of the stream', { details: { limit: 'viewers', max } });
    }
    return negotiatePlay(offer, stream.playableTracks());
  }

  #createSession(request: SessionRequest, offer: SdpOffer, media: readonly NegotiatedMedia[]): MediaSession {
    const { sessionId, userId, roomId, streamId } = request;
    const { transports, clock, ids, log, extraCandidates = [] } = this.#options;
    const stream = this.#stream(request);
    const carried = this.#createMedia(request, { offer, media, stream });
    const first = media[0];
    const connection = new SessionConnection(offer.transport, {
      transports,
      clock,
      ids,
      log,
      limits: this.#limits,
      extraCandidates,
      owner: {
        onPacket: (packet) => carried.session.receive(packet),
        onTransport: (transport, first) => this.#onTransport(sessionId, transport, first),
        onLost: (reason) => this.closeSession(sessionId, reason),
      },
    });
    return {
      request: { sessionId, userId, roomId, streamId },
      openedAt: clock.now(),
      stream,
      connection,
      media: carried,
      section: { mid: first?.mid ?? '0', media: first?.kind ?? 'audio' },
    };
  }

  #createMedia(
    request: SessionRequest,
    parts: { readonly offer: SdpOffer; readonly media: readonly NegotiatedMedia[]; readonly stream: PublishedStream },
  ): SessionMedia {
    const { clock, ids, log } = this.#options;
    const { offer, media, stream } = parts;
    if (request.kind === 'play') {
      return { kind: 'play', session: new PlaySession({ media, ssrcs: stream.ssrcs, source: stream, clock }) };
    }
    const reducedSize = media.every(({ index }) => offer.sections[index]?.attributes.has('rtcp-rsize') === true);
    return { kind: 'publish', session: new PublishSession({ media, reducedSize, sink: stream, clock, ids, log }) };
  }

  #enter(session: MediaSession): void {
    const { stream, media, request } = session;
    if (media.kind === 'play') {
      stream.forwarder.add(media.session);
    } else {
      const old = stream.publication?.sessionId;
      if (old !== undefined) this.closeSession(old, 'replaced');
      stream.publish({ sessionId: request.sessionId, userId: request.userId, session: media.session });
      this.#closeMisfits(stream);
    }
    this.#sessions.set(request.sessionId, session);
  }

  /** Viewers whose answer named another codec than the new publication has cannot go on. */
  #closeMisfits(stream: PublishedStream): void {
    const codecs = new Map(stream.playableTracks().map((track) => [track.kind, track.codec]));
    for (const session of [...this.#sessions.values()]) {
      if (session.stream !== stream || session.media.kind !== 'play') continue;
      const fits = session.media.session.tracks.every(
        ({ media }) => (codecs.get(media.kind) ?? media.codec) === media.codec,
      );
      if (!fits) this.closeSession(session.request.sessionId, 'codec-changed');
    }
  }

  #onTransport(sessionId: string, transport: RtcTransport, first: boolean): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    const at = this.#options.clock.now();
    const { media, stream } = session;
    media.session.useTransport(transport);
    if (media.kind === 'play') media.session.start(at);
    if (!first) return;
    this.#options.log.info({ sessionId, kind: media.kind }, 'session connected');
    this.#options.onEvent({ kind: 'session-connected', ...stream.key, sessionId, at });
    if (media.kind === 'publish') this.#tellTracks(stream);
  }

  #tellTracks(stream: PublishedStream): void {
    this.#options.onEvent({ kind: 'tracks-changed', ...stream.key, tracks: stream.publishedTracks() });
  }

  #stream(key: StreamKey): PublishedStream {
    const name = keyOf(key);
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const stream = new PublishedStream({ roomId: key.roomId, streamId: key.streamId }, this.#options.ids);
    this.#streams.set(name, stream);
    return stream;
  }

  #release(stream: PublishedStream): void {
    stream.holds -= 1;
    this.#dropStream(stream);
  }

  #dropStream(stream: PublishedStream): void {
    const name = keyOf(stream.key);
    if (stream.idle && this.#streams.get(name) === stream) this.#streams.delete(name);
  }

  #tick(now: UnixUs): void {
    if (now - (this.#tickedAt ?? 0) > STALL_US) this.#awakeSince = now;
    this.#tickedAt = now;
    for (const { media } of this.#sessions.values()) media.session.poll(now);
    for (const stream of this.#streams.values()) stream.poll(now);
    if (now - this.#housekeptAt < HOUSEKEEPING_US) return;
    this.#housekeptAt = now;
    for (const session of [...this.#sessions.values()]) this.#keepHouse(session, now);
    for (const stream of [...this.#streams.values()]) this.#dropStream(stream);
  }

  #keepHouse(session: MediaSession, now: UnixUs): void {
    const { connection, media, stream, request } = session;
    connection.poll(now);
    if (media.kind === 'publish') {
      const heardAt = Math.max(media.session.lastPacketAt ?? session.openedAt, this.#awakeSince);
      const { silenceTimeoutMs, idleTimeoutMs } = this.#limits;
      const patienceMs = media.session.isSending && !stream.isMuted ? silenceTimeoutMs : idleTimeoutMs;
      if (now - heardAt > patienceMs * 1000) this.closeSession(request.sessionId, 'silence');
      return;
    }
    const goneAt = stream.unpublishedAt;
    if (stream.playback?.isOver === true) this.closeSession(request.sessionId, 'stream-ended');
    else if (goneAt !== undefined && now - goneAt > this.#limits.viewerPatienceMs * 1000) {
      this.closeSession(request.sessionId, 'stream-ended');
    }
  }
}

/** Ids hold no line break, so the two never run together. */
function keyOf(key: StreamKey): string {
  return `${key.roomId}\n${key.streamId}`;
}
