// The media processes as `control` uses them: one stream stays on one process (its viewers go where its
// publisher is), and the tapes of a process that died are started again on one that is up.

import { type Clock, RoomtapeError } from '@roomtape/media';
import type {
  MediaEvent,
  SessionAnswer,
  SessionPatch,
  SessionPatched,
  SessionRequest,
  StreamKey,
  TapePosition,
  TapeRequest,
} from '@roomtape/webrtc';

/** One media process; `ChildKeeper` is one, tests pass fakes. */
export interface MediaProcess {
  readonly name: string;
  readonly isUp: boolean;
  request<T>(method: string, ...args: readonly unknown[]): Promise<T>;
  post(method: string, ...args: readonly unknown[]): void;
}

/** What the fleet tells: facts of the media planes, and sessions lost with their process. */
export type FleetEvent = MediaEvent;

type Session = { readonly key: string; readonly request: SessionRequest; readonly process: MediaProcess };
type Tape = {
  readonly key: string;
  readonly request: TapeRequest;
  paused: boolean;
  layers: boolean;
  process: MediaProcess | undefined;
};

/** How a fleet is made. */
export type MediaFleetOptions = {
  readonly sessionsMax: number;
  readonly clock: Clock;
  readonly onEvent: (event: FleetEvent) => void;
  /** A tape could not be started; it is tried again by itself unless that cannot help. */
  readonly onTapeError: (tapeId: string, error: unknown, willRetry: boolean) => void;
};

const TAPE_RETRY_MS = 1_000;

/** Places sessions and tapes on media processes. */
export class MediaFleet {
  readonly #options: MediaFleetOptions;
  readonly #processes: MediaProcess[] = [];
  readonly #sessions = new Map<string, Session>();
  readonly #tapes = new Map<string, Tape>();
  readonly #pins = new Map<string, MediaProcess>();

  constructor(options: MediaFleetOptions) {
    this.#options = options;
  }

  /** Adds a process; its keeper calls `processUp` and `processDown`. */
  add(process: MediaProcess): void {
    this.#processes.push(process);
  }

  /** Whether every process is up. */
  get isUp(): boolean {
    return this.#processes.length > 0 && this.#processes.every((process) => process.isUp);
  }

  /** Number of open sessions. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Opens a WHIP or WHEP session where its stream lives. Rejects with a catalogue code. */
  async openSession(request: SessionRequest): Promise<SessionAnswer> {
    if (this.#sessions.size >= this.#options.sessionsMax) throw limitReached(this.#options.sessionsMax);
    const process = this.#pin(request);
    this.#sessions.set(request.sessionId, { key: keyOf(request), request, process });
    try {
      return await process.request<SessionAnswer>('openSession', request);
    } catch (error) {
      this.#forgetSession(request.sessionId);
      throw error;
    }
  }

  /** Passes on a trickle fragment or an ICE restart. */
  patchSession(patch: SessionPatch): Promise<SessionPatched> {
    const session = this.#sessions.get(patch.sessionId);
    if (session === undefined) return Promise.reject(sessionNotFound(patch.sessionId));
    return session.process.request<SessionPatched>('patchSession', patch);
  }

  /** Closes a session; idempotent. */
  closeSession(sessionId: string, reason: string): void {
    this.#sessions.get(sessionId)?.process.post('closeSession', sessionId, reason);
    this.#forgetSession(sessionId);
  }

  /**
   * Tapes a stream until `stopTape`, across the death of its process. Resolves when taping is on, or when
   * the first attempt failed (`onTapeError` heard why) and another one follows.
   */
  async startTape(request: TapeRequest): Promise<void> {
    const tape: Tape = { key: keyOf(request), request, paused: false, layers: false, process: undefined };
    this.#tapes.set(request.tapeId, tape);
    await this.#place(tape);
  }

  /** Stops keeping media of a tape for a while. */
  setTapePaused(tapeId: string, paused: boolean): void {
    const tape = this.#tapes.get(tapeId);
    if (tape === undefined) return;
    tape.paused = paused;
    tape.process?.post('setTapePaused', tapeId, paused);
  }

  /** Keeps all simulcast layers of a tape, or the best one only. */
  setTapeLayers(tapeId: string, isWanted: boolean): void {
    const tape = this.#tapes.get(tapeId);
    if (tape === undefined) return;
    tape.layers = isWanted;
    tape.process?.post('setTapeLayers', tapeId, isWanted);
  }

  /** Makes everything taped so far readable; rejects when the tape's process is down. */
  async flushTape(tapeId: string): Promise<TapePosition> {
    return this.#tapeProcess(tapeId).request<TapePosition>('flushTape', tapeId);
  }

  /** Seals a tape. Rejects when its process is down; the tape is not started again in either case. */
  async stopTape(tapeId: string, reason: string): Promise<TapePosition> {
    const tape = this.#tapes.get(tapeId);
    try {
      return await this.#tapeProcess(tapeId).request<TapePosition>('stopTape', tapeId, reason);
    } finally {
      this.#tapes.delete(tapeId);
      if (tape !== undefined) this.#unpinIfIdle(tape.key);
    }
  }

  /** The publisher says it sends no media of one kind, or does again. */
  setMuted(stream: StreamKey, kind: 'audio' | 'video', muted: boolean): void {
    this.#pins.get(keyOf(stream))?.post('setMuted', streamOf(stream), kind, muted);
  }

  /** Asks a stream's publisher for a keyframe. */
  requestKeyframe(stream: StreamKey): void {
    this.#pins.get(keyOf(stream))?.post('requestKeyframe', streamOf(stream));
  }

  /** A process is up (again): tapes without one go there. */
  processUp(): void {
    for (const tape of this.#tapes.values()) {
      if (tape.process === undefined) void this.#place(tape);
    }
  }

  /** A process died: its sessions are gone, its tapes go on elsewhere. */
  processDown(process: MediaProcess, reason: string): void {
    for (const [key, pinned] of this.#pins) if (pinned === process) this.#pins.delete(key);
    const lost = [...this.#sessions.values()].filter((session) => session.process === process);
    for (const tape of this.#tapes.values()) if (tape.process === process) tape.process = undefined;
    for (const { request } of lost) {
      this.#sessions.delete(request.sessionId);
      const { roomId, streamId, sessionId } = request;
      const at = this.#options.clock.now();
      this.#options.onEvent({
        kind: 'session-closed',
        roomId,
        streamId,
        sessionId,
        at,
        reason: `media process ended: ${reason}`,
      });
    }
    this.processUp();
  }

  /** A media plane told a fact: bookkeeping first, then the owner hears it. */
  receive(event: MediaEvent): void {
    if (event.kind === 'session-closed') this.#forgetSession(event.sessionId);
    this.#options.onEvent(event);
  }

  /** Plain data for the debug endpoint. */
  async describe(): Promise<Record<string, unknown>> {
    const planes = await Promise.all(
      this.#processes.map(async (process) => [
        process.name,
        await process.request('describe').catch((error: unknown) => ({ error: String(error) })),
      ]),
    );
    const pins = Object.fromEntries([...this.#pins].map(([key, process]) => [key, process.name]));
    return { planes: Object.fromEntries(planes), pins, sessions: this.#sessions.size, tapes: [...this.#tapes.keys()] };
  }

  async #place(tape: Tape): Promise<void> {
    if (!this.#processes.some((process) => process.isUp)) return;
    const process = this.#pin(tape.request);
    tape.process = process;
    try {
      await process.request<void>('startTape', tape.request);
      if (tape.paused) process.post('setTapePaused', tape.request.tapeId, true);
      if (tape.layers) process.post('setTapeLayers', tape.request.tapeId, true);
    } catch (error) {
      if (tape.process !== process) return;
      tape.process = undefined;
      const willRetry = !(error instanceof RoomtapeError) || error.retryable;
      if (!willRetry) this.#tapes.delete(tape.request.tapeId);
      this.#options.onTapeError(tape.request.tapeId, error, willRetry);
      this.#options.clock.after(TAPE_RETRY_MS, () => {
        if (this.#tapes.get(tape.request.tapeId) === tape && tape.process === undefined) void this.#place(tape);
      });
    }
  }

  #pin(stream: StreamKey): MediaProcess {
    const key = keyOf(stream);
    const pinned = this.#pins.get(key);
    if (pinned?.isUp === true) return pinned;
    const up = this.#processes.filter((process) => process.isUp);
    const load = (process: MediaProcess): number => [...this.#pins.values()].filter((p) => p === process).length;
    const [least] = up.sort((a, b) => load(a) - load(b));
    if (least === undefined) throw mediaUnavailable();
    this.#pins.set(key, least);
    return least;
  }

  #tapeProcess(tapeId: string): MediaProcess {
    const process = this.#tapes.get(tapeId)?.process;
    if (process === undefined) throw mediaUnavailable();
    return process;
  }

  #forgetSession(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    this.#sessions.delete(sessionId);
    if (session !== undefined) this.#unpinIfIdle(session.key);
  }

  #unpinIfIdle(key: string): void {
    for (const session of this.#sessions.values()) if (session.key === key) return;
    for (const tape of this.#tapes.values()) if (tape.key === key) return;
    this.#pins.delete(key);
  }
}

function keyOf(stream: StreamKey): string {
  return `${stream.roomId}/${stream.streamId}`;
}

function streamOf(stream: StreamKey): StreamKey {
  return { roomId: stream.roomId, streamId: stream.streamId };
}

function mediaUnavailable(): RoomtapeError {
  return new RoomtapeError('MEDIA_UNAVAILABLE', 'no media process is up', { blame: 'system', retryable: true });
}

function sessionNotFound(sessionId: string): RoomtapeError {
  const facts = { blame: 'caller', retryable: false, details: { sessionId } } as const;
  return new RoomtapeError('SESSION_NOT_FOUND', 'no such session', facts);
}

function limitReached(sessionsMax: number): RoomtapeError {
  const facts = { blame: 'system', retryable: true, details: { limit: 'ROOMTAPE_SESSIONS_MAX', sessionsMax } } as const;
  return new RoomtapeError('LIMIT_REACHED', 'too many open sessions', facts);
}
