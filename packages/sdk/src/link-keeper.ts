// Keeps one published or played stream alive: opens a link, restarts ICE when it breaks, opens a new link under
// the same stream id when that does not help, and gives up only on an error that trying again cannot cure.

import { Backoff } from './backoff.ts';
import type { Environment } from './environment.ts';
import { asClientError, clientError, type RoomtapeClientError } from './errors.ts';
import { type LinkState, PeerLink, type PeerLinkOptions } from './peer-link.ts';

/** Life of a kept stream; `stopped` and `failed` are final. */
export type KeeperState = 'requesting' | 'connected' | 'reconnecting' | 'stopped' | 'failed';

/** What a keeper needs and whom it tells. */
export type LinkKeeperOptions = {
  readonly environment: Environment;
  /** Describes the next link; called for each attempt, so that it may carry a fresh token. */
  describeLink(): Promise<Omit<PeerLinkOptions, 'onState'>>;
  /** A new link is about to be opened; the previous one is gone. */
  onLink(link: PeerLink): void;
  onState(state: KeeperState, error: RoomtapeClientError | undefined): void;
};

/** A link that does not connect within this time is given up: ICE itself may take much longer to say so. */
const CONNECT_TIMEOUT_MS = 10_000;
/** `disconnected` often heals within a second or two (RFC 8445 consent checks); restart ICE after that. */
const INTERRUPTION_GRACE_MS = 2_000;
/** A stream that was away for this long is reported as failed. */
const GIVE_UP_AFTER_MS = 20 * 60_000;

/** Keeps a stream connected until stopped. */
export class LinkKeeper {
  readonly #options: LinkKeeperOptions;
  readonly #backoff: Backoff;
  #state: KeeperState = 'requesting';
  #link: PeerLink | undefined;
  #restarted = false;
  #wasConnected = false;
  #lostAtMs = 0;
  #cancelTimer: () => void = () => undefined;
  #settle: { resolve: () => void; reject: (error: RoomtapeClientError) => void } | undefined;

  constructor(options: LinkKeeperOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ firstMs: 500, maxMs: 8_000 }, () => options.environment.random());
  }

  /** Where the stream stands. */
  get state(): KeeperState {
    return this.#state;
  }

  /** The connection in use, for statistics. */
  get link(): PeerLink | undefined {
    return this.#link;
  }

  /** Resolves when media can flow for the first time; rejects when the first attempt cannot succeed. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#lostAtMs = this.#options.environment.nowMs();
      this.#options.onState('requesting', undefined);
      void this.#openLink();
    });
  }

  /**
   * The server says the stream is gone: recovers at once instead of waiting until the browser notices, which takes it
   * about six seconds.
   */
  recover(): void {
    if (this.#state !== 'connected') return;
    this.#lost();
    void this.#restart();
  }

  /** Opens a new link under the same stream id in place of the present one: another kind of media is to be sent. */
  renew(): void {
    if (this.#state !== 'connected') return;
    this.#lost();
    const link = this.#link;
    this.#link = undefined;
    // The server gives the stream to the newest session of its publisher; ending the old one would end the stream.
    link?.abandon();
    void this.#openLink();
  }

  /** Ends the stream and tells the server; idempotent. */
  async stop(): Promise<void> {
    if (this.#isFinal()) return;
    this.#finish('stopped', undefined);
    await this.#link?.close();
  }

  async #openLink(): Promise<void> {
    this.#restarted = false;
    let link: PeerLink | undefined;
    try {
      const description = await this.#options.describeLink();
      if (this.#isFinal()) return;
      link = new PeerLink({ ...description, onState: (state) => this.#handleLink(state) });
      this.#link = link;
      this.#options.onLink(link);
      this.#startTimer(CONNECT_TIMEOUT_MS, () => this.#retry(clientError('CONNECTION_FAILED')));
      await link.open();
    } catch (error) {
      if (!this.#isFinal() && this.#link === link) this.#retry(asClientError(error));
    }
  }

  #handleLink(state: LinkState): void {
    if (this.#isFinal()) return;
    if (state === 'connected') this.#connected();
    else if (state === 'interrupted') {
      this.#lost();
      this.#startTimer(INTERRUPTION_GRACE_MS, () => void this.#restart());
    } else if (state === 'failed') {
      this.#lost();
      void this.#restart();
    }
  }

  #connected(): void {
    this.#cancelTimer();
    this.#backoff.reset();
    this.#restarted = false;
    this.#wasConnected = true;
    this.#change('connected', undefined);
    this.#settle?.resolve();
    this.#settle = undefined;
  }

  #lost(): void {
    if (this.#state !== 'connected') return;
    this.#lostAtMs = this.#options.environment.nowMs();
    this.#change('reconnecting', undefined);
  }

  async #restart(): Promise<void> {
    const link = this.#link;
    if (this.#isFinal() || link === undefined) return;
    // One restart per loss: a second loss of the same attempt means the session itself is gone.
    if (this.#restarted || !this.#wasConnected) {
      this.#retry(clientError('CONNECTION_FAILED'));
      return;
    }
    this.#restarted = true;
    this.#startTimer(CONNECT_TIMEOUT_MS, () => this.#retry(clientError('CONNECTION_FAILED')));
    try {
      await link.restart();
    } catch {
      if (this.#link === link) this.#retry(clientError('CONNECTION_FAILED'));
    }
  }

  /** Closes the link and opens the next one later, unless that is pointless. */
  #retry(error: RoomtapeClientError): void {
    if (this.#isFinal()) return;
    this.#cancelTimer();
    const link = this.#link;
    this.#link = undefined;
    void link?.close();
    const awayMs = this.#options.environment.nowMs() - this.#lostAtMs;
    if (!this.#mayRetry(error) || awayMs > GIVE_UP_AFTER_MS) {
      this.#finish('failed', error);
      return;
    }
    if (this.#wasConnected) this.#change('reconnecting', error);
    this.#startTimer(this.#backoff.next(), () => void this.#openLink());
  }

  #mayRetry(error: RoomtapeClientError): boolean {
    if (error.retryable) return this.#wasConnected || this.#backoff.attempts < FIRST_ATTEMPTS;
    // After a server restart its streams appear one by one: a viewer may be back before its publisher.
    return this.#wasConnected && CURED_BY_WAITING.has(error.code);
  }

  #finish(state: 'stopped' | 'failed', error: RoomtapeClientError | undefined): void {
    this.#cancelTimer();
    this.#change(state, error);
    this.#settle?.reject(error ?? clientError('CANCELLED'));
    this.#settle = undefined;
  }

  #change(state: KeeperState, error: RoomtapeClientError | undefined): void {
    if (this.#state === state && error === undefined) return;
    this.#state = state;
    this.#options.onState(state, error);
  }

  #startTimer(delayMs: number, action: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.environment.after(delayMs, action);
  }

  #isFinal(): boolean {
    return this.#state === 'stopped' || this.#state === 'failed';
  }
}

/** Attempts before the first success: enough to outlast a media process that is just restarting. */
const FIRST_ATTEMPTS = 4;
const CURED_BY_WAITING: ReadonlySet<string> = new Set(['STREAM_NOT_FOUND', 'ROOM_NOT_FOUND']);
