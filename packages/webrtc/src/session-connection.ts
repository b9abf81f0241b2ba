// The connection of one WHIP or WHEP session: its transport, the swap to a new one on an ICE restart, the ETag,
// and when it counts as lost. Knows nothing of the media it carries.

import { assert, type Clock, type Ids, type Log, type UnixUs } from '@roomtape/media';
import type { SessionPatch, SessionPatched } from './media-plane.ts';
import { parseSdpFragment, writeSdpFragment } from './sdp-fragment.ts';
import { SourceCensus } from './source-census.ts';
import type { RtcTransport, RtcTransportFactory, TransportDescription, TransportState } from './transport.ts';
import { callerError } from './webrtc-error.ts';

/** What the owner of a connection is told. */
export interface ConnectionOwner {
  onPacket(packet: Uint8Array): void;
  /** Media flows over this transport from now on; called again after each restart, then not `first`. */
  onTransport(transport: RtcTransport, first: boolean): void;
  /** The peer closed, or the connection is beyond hope. */
  onLost(reason: string): void;
}

/** Limits of connections. */
export type ConnectionLimits = {
  readonly connectTimeoutMs: number;
  /** How long a lost connection may come back, or be restarted by the client. */
  readonly disconnectTimeoutMs: number;
  /** Sources (SSRCs) a peer may send from over the life of its connection; browsers have up to a dozen. */
  readonly sourcesMax: number;
};

/** What a connection is made of. */
export type SessionConnectionOptions = {
  readonly transports: RtcTransportFactory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly limits: ConnectionLimits;
  /** Candidates added to those of the transport: ICE-TCP. */
  readonly extraCandidates: readonly string[];
  readonly owner: ConnectionOwner;
};

/** One session's way to its peer. */
export class SessionConnection {
  readonly #options: SessionConnectionOptions;
  readonly #openedAt: UnixUs;
  readonly #census: SourceCensus;
  #remote: TransportDescription;
  #active: RtcTransport | undefined;
  /** A restarted transport that is not connected yet; the active one carries media meanwhile. */
  #pending: RtcTransport | undefined;
  #etag: string;
  #connected = false;
  #lostSince: UnixUs | undefined;
  #closed = false;
  restarts = 0;

  constructor(remote: TransportDescription, options: SessionConnectionOptions) {
    this.#options = options;
    this.#remote = remote;
    this.#openedAt = options.clock.now();
    this.#census = new SourceCensus(options.limits.sourcesMax);
    this.#etag = options.ids.next('ice');
  }

  /** Names the ICE session, without quotes. */
  get etag(): string {
    return this.#etag;
  }

  /** Whether media could flow at least once. */
  get wasConnected(): boolean {
    return this.#connected;
  }

  get state(): TransportState {
    return this.#active?.state ?? 'connecting';
  }

  /** Answers the peer's offer; returns our description with all candidates. */
  async open(): Promise<TransportDescription> {
    const transport = await this.#accept(this.#remote);
    this.#active = transport;
    return this.#describe(transport);
  }

  /** Takes a trickled candidate or restarts ICE; throws INVALID_SDP or a precondition error. */
  async patch(patch: SessionPatch, section: { mid: string; media: string }): Promise<SessionPatched> {
    const fragment = parseSdpFragment(patch.fragment);
    const tag = patch.ifMatch?.trim().replace(/^W\//, '').replace(/^"|"$/g, '');
    const restarts = fragment.iceUfrag !== undefined && fragment.iceUfrag !== this.#remote.iceUfrag;
    if (tag === undefined && restarts) throw callerError('PRECONDITION_REQUIRED', 'An ICE restart needs If-Match');
    // RFC 9725 §4.3.3: a restart matches any ICE session.
    if (tag !== undefined && tag !== '*' && tag !== this.#etag) {
      throw callerError('PRECONDITION_FAILED', 'The ICE session is another one', { etag: this.#etag });
    }
    if (!restarts) {
      const transport = this.#pending ?? this.#active;
      for (const candidate of fragment.candidates) transport?.addCandidate(candidate);
      return { kind: 'trickled' };
    }
    const { iceUfrag = '', icePwd = '', fingerprint = this.#remote.fingerprint, candidates } = fragment;
    const local = await this.#restart({ iceUfrag, icePwd, fingerprint, setup: this.#remote.setup, candidates });
    return { kind: 'restarted', fragment: writeSdpFragment({ ...local, ...section }), etag: this.#etag };
  }

  /** Gives up what waited too long. */
  poll(now: UnixUs): void {
    const { connectTimeoutMs, disconnectTimeoutMs } = this.#options.limits;
    if (!this.#connected && now - this.#openedAt > connectTimeoutMs * 1000) this.#lose('connect-timeout');
    else if (this.#lostSince !== undefined && now - this.#lostSince > disconnectTimeoutMs * 1000) {
      this.#lose('connection-lost');
    }
  }

  /** Closes all transports; the owner is not called any more. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#active?.close();
    this.#pending?.close();
  }

  async #restart(remote: TransportDescription): Promise<TransportDescription> {
    const transport = await this.#accept(remote);
    this.#pending?.close();
    this.#pending = transport;
    this.#remote = remote;
    this.#etag = this.#options.ids.next('ice');
    this.restarts += 1;
    if (transport.state === 'connected') this.#swap(transport);
    return this.#describe(transport);
  }

  async #accept(remote: TransportDescription): Promise<RtcTransport> {
    let transport: RtcTransport | undefined;
    let early: TransportState | undefined;
    const made = await this.#options.transports.accept(remote, {
      onPacket: (packet) => {
        if (this.#closed) return;
        if (this.#census.admits(packet)) this.#options.owner.onPacket(packet);
        else this.#lose('too-many-sources');
      },
      onState: (state) => {
        if (transport === undefined) early = state;
        else this.#onState(transport, state);
      },
    });
    transport = made;
    if (this.#closed) {
      made.close();
      throw callerError('SESSION_NOT_FOUND', 'The session was closed meanwhile');
    }
    if (early !== undefined) this.#options.clock.after(0, () => this.#onState(made, made.state));
    return made;
  }

  #onState(transport: RtcTransport, state: TransportState): void {
    if (this.#closed || (transport !== this.#active && transport !== this.#pending)) return;
    if (state === 'connected') {
      if (transport === this.#pending) this.#swap(transport);
      else this.#flow(transport);
      return;
    }
    if (transport === this.#pending) {
      if (state === 'failed' || state === 'closed') this.#pending = undefined;
      return;
    }
    if (state === 'disconnected' || state === 'failed') this.#lostSince ??= this.#options.clock.now();
    // The peer said goodbye, unless it is only on its way to a new transport.
    if (state === 'closed' && this.#pending === undefined) this.#lose('peer-closed');
  }

  #swap(transport: RtcTransport): void {
    assert(transport === this.#pending, 'only the pending transport takes over');
    const old = this.#active;
    this.#active = transport;
    this.#pending = undefined;
    this.#flow(transport);
    old?.close();
  }

  #flow(transport: RtcTransport): void {
    const first = !this.#connected;
    this.#connected = true;
    this.#lostSince = undefined;
    this.#options.owner.onTransport(transport, first);
  }

  #lose(reason: string): void {
    if (this.#closed) return;
    this.#options.owner.onLost(reason);
  }

  #describe(transport: RtcTransport): TransportDescription {
    const candidates = [...transport.local.candidates, ...this.#options.extraCandidates];
    return { ...transport.local, candidates };
  }
}
