// One attempt at one media connection: a peer connection joined to one WHIP or WHEP resource. Trickles
// candidates, can restart ICE once asked, and ends for good with `close`; trying again is its owner's business.

import type { Environment } from './environment.ts';
import { clientError } from './errors.ts';
import { applyRestart, writeTrickleFragment } from './sdp-fragment.ts';
import { SignalingResource, type SignalingTarget } from './signaling-resource.ts';

/** Life of a link; `failed` and `closed` are final, `interrupted` may heal by itself or by `restart`. */
export type LinkState = 'connecting' | 'connected' | 'interrupted' | 'failed' | 'closed';

/** What a link needs and whom it tells. */
export type PeerLinkOptions = SignalingTarget & {
  /** Adds transceivers before the offer is made. */
  prepare(connection: RTCPeerConnection): void;
  /** Last change to the server's answer before the browser gets it. */
  adaptAnswer?(answerSdp: string): string;
  onState(state: LinkState): void;
};

/** Candidates found within this time go to the server in one request. */
const TRICKLE_DELAY_MS = 20;

/** Longest wait for the server's answer to the end of a session. */
const GOODBYE_TIMEOUT_MS = 1_000;

/** A peer connection and its WHIP or WHEP resource. */
export class PeerLink {
  readonly connection: RTCPeerConnection;
  readonly #options: PeerLinkOptions;
  readonly #environment: Environment;
  #resource: SignalingResource | undefined;
  #answerSdp = '';
  #state: LinkState = 'connecting';
  #candidates: RTCIceCandidate[] = [];
  #gathered = false;
  #cancelTrickle: (() => void) | undefined;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#environment = options.environment;
    this.connection = options.environment.createPeerConnection();
    this.connection.onicecandidate = (event) => this.#handleCandidate(event.candidate);
    this.connection.onconnectionstatechange = () => this.#handleConnectionState();
  }

  /** Where the link stands. */
  get state(): LinkState {
    return this.#state;
  }

  /** Negotiates once; media flows when the state becomes `connected`. Rejects with a client error. */
  async open(): Promise<void> {
    this.#options.prepare(this.connection);
    await this.connection.setLocalDescription(await this.connection.createOffer());
    const offerSdp = this.connection.localDescription?.sdp ?? '';
    const { resource, answerSdp } = await SignalingResource.open(this.#options, offerSdp);
    if (this.#state === 'closed') {
      await resource.close();
      throw clientError('CANCELLED');
    }
    this.#resource = resource;
    this.#answerSdp = this.#options.adaptAnswer?.(answerSdp) ?? answerSdp;
    await this.connection.setRemoteDescription({ type: 'answer', sdp: this.#answerSdp });
    this.#scheduleTrickle();
  }

  /** Restarts ICE over the same resource, keeping the media session (RFC 9725 §4.3.2). */
  async restart(): Promise<void> {
    const resource = this.#resource;
    if (resource === undefined || this.#isOver()) throw clientError('CONNECTION_FAILED');
    this.#candidates = [];
    this.#gathered = false;
    await this.connection.setLocalDescription(await this.connection.createOffer({ iceRestart: true }));
    const localSdp = this.connection.localDescription?.sdp ?? '';
    const fragment = writeTrickleFragment(localSdp, { candidates: [], complete: false });
    const answered = await resource.restart(fragment);
    if (this.#isOver()) throw clientError('CANCELLED');
    this.#answerSdp = applyRestart(this.#answerSdp, answered);
    await this.connection.setRemoteDescription({ type: 'answer', sdp: this.#answerSdp });
    this.#scheduleTrickle();
  }

  /** Ends the connection and the server's session; idempotent. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#detach();
    await this.#endSession();
    this.connection.close();
  }

  /** Ends the connection and leaves the server's session to whoever takes the stream over; idempotent. */
  abandon(): void {
    if (this.#state === 'closed') return;
    this.#detach();
    this.connection.close();
  }

  #detach(): void {
    this.#state = 'closed';
    this.#cancelTrickle?.();
    this.connection.onicecandidate = null;
    this.connection.onconnectionstatechange = null;
  }

  /**
   * DELETE goes before the connection closes: the other way round the server would see a lost connection and wait
   * for the stream to come back. A server that does not answer holds nobody up.
   */
  async #endSession(): Promise<void> {
    const resource = this.#resource;
    if (resource === undefined) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#environment.after(GOODBYE_TIMEOUT_MS, resolve);
      void resource.close().then(() => {
        cancel();
        resolve();
      });
    });
  }

  #isOver(): boolean {
    return this.#state === 'closed';
  }

  #handleCandidate(candidate: RTCIceCandidate | null): void {
    if (candidate === null || candidate.candidate === '') this.#gathered = true;
    else this.#candidates.push(candidate);
    this.#scheduleTrickle();
  }

  #scheduleTrickle(): void {
    if (this.#resource === undefined || this.#cancelTrickle !== undefined) return;
    if (this.#candidates.length === 0 && !this.#gathered) return;
    this.#cancelTrickle = this.#environment.after(TRICKLE_DELAY_MS, () => this.#sendCandidates());
  }

  #sendCandidates(): void {
    this.#cancelTrickle = undefined;
    const candidates = this.#candidates;
    if (candidates.length === 0) return;
    this.#candidates = [];
    const localSdp = this.connection.localDescription?.sdp ?? '';
    void this.#resource?.trickle(writeTrickleFragment(localSdp, { candidates, complete: this.#gathered }));
  }

  #handleConnectionState(): void {
    const next = LINK_STATES[this.connection.connectionState];
    if (next === undefined || next === this.#state || this.#isOver()) return;
    this.#state = next;
    this.#options.onState(next);
  }
}

const LINK_STATES: Partial<Record<RTCPeerConnectionState, LinkState>> = {
  connected: 'connected',
  disconnected: 'interrupted',
  failed: 'failed',
};
