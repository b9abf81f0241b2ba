// The tapes that are being written: one per publication, shared by every recording that wants the stream.
// A tape is sealed when the last recording lets it go, and paused while all that hold it are paused.

import { mkdir, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { StreamKind } from '@roomtape/api';
import type { CancelTimer, Clock, Ids, UnixUs } from '@roomtape/media';
import type { StreamKey, TapePosition, TapeRequest } from '@roomtape/webrtc';
import { recordingDirectory, tapeDirectory } from './recording-paths.ts';

/** What tapes need of the media processes. */
export interface TapePlane {
  startTape(request: TapeRequest): Promise<void>;
  setTapePaused(tapeId: string, paused: boolean): void;
  setTapeLayers(tapeId: string, isWanted: boolean): void;
  flushTape(tapeId: string): Promise<TapePosition>;
  stopTape(tapeId: string, reason: string): Promise<TapePosition>;
  requestKeyframe(stream: StreamKey): void;
}

/** Where tapes are kept and how they are named. */
export type TapesOptions = {
  readonly dataDirectory: string;
  readonly plane: TapePlane;
  readonly clock: Clock;
  readonly ids: Ids;
};

/** Why a tape is let go; `isLive` while media captured before that may still be on its way. */
export type TapeRelease = { readonly reason: string; readonly isLive: boolean };

/**
 * What was captured before a stop or a pause arrives later, after encoder, pacer and jitter buffer: taping goes on
 * for this long, and the file is cut by when things were captured. Chromium's pictures need 40 to 200 ms.
 */
const GRACE_MS = 250;

/** Who is taped. */
export type TapedStream = StreamKey & { readonly userId: string; readonly streamKind?: StreamKind | undefined };

/** Who holds a tape; a mix wants all simulcast layers, a file the best one only. */
export type TapeHolder = { readonly recordingId: string; readonly wantsLayers: boolean };

/** A tape that is being written. */
export type OpenTape = {
  readonly tapeId: string;
  readonly stream: TapedStream;
  /** When its first media came; a second recording of the tape need not wait for it. */
  mediaStartedAt: UnixUs | undefined;
  /** Recordings that hold it; true while one is paused. */
  readonly holders: Map<string, boolean>;
  /** Those of them that want all layers. */
  readonly layerHolders: Set<string>;
  /** Resolves when taping was asked for; a release waits for it. */
  ready: Promise<void>;
  isPaused: boolean;
  /** Takes back a pause that is about to begin. */
  cancelPause: CancelTimer | undefined;
};

/** Keeps the open tapes. */
export class Tapes {
  readonly #options: TapesOptions;
  readonly #byId = new Map<string, OpenTape>();
  readonly #byStream = new Map<string, OpenTape>();

  constructor(options: TapesOptions) {
    this.#options = options;
  }

  /** Id of the tape a recording should use for a stream: the one that runs, or a new one. */
  idFor(stream: TapedStream): string {
    const running = this.#byStream.get(keyOf(stream));
    return running?.stream.userId === stream.userId ? running.tapeId : this.#options.ids.next('tape');
  }

  /** Holds a tape for a recording; starts or continues it when nobody holds it yet. */
  async hold(tapeId: string, stream: TapedStream, holder: TapeHolder): Promise<OpenTape> {
    const { recordingId, wantsLayers } = holder;
    const existing = this.#byId.get(tapeId);
    const tape = existing ?? this.#begin(tapeId, stream);
    tape.holders.set(recordingId, false);
    if (existing !== undefined) {
      this.#applyPause(tape);
      this.#options.plane.requestKeyframe(streamOf(stream));
    }
    await tape.ready;
    if (wantsLayers && tape.holders.has(recordingId)) this.#setLayersWanted(tape, recordingId, true);
    await this.#link(tapeId, recordingId);
    return tape;
  }

  /**
   * Lets a tape go, after what was on its way came. The last one seals it. Resolves with the last sequence that counts for this recording;
   * undefined when the media process is down, so that only the tape itself can tell.
   */
  async release(tapeId: string, recordingId: string, release: TapeRelease): Promise<number | undefined> {
    const tape = this.#byId.get(tapeId);
    if (tape?.holders.has(recordingId) === true && release.isLive) await this.#grace();
    if (tape?.holders.delete(recordingId) !== true) return undefined;
    this.#setLayersWanted(tape, recordingId, false);
    const isLast = tape.holders.size === 0;
    if (isLast) this.#forget(tape);
    else this.#applyPause(tape);
    await tape.ready.catch(() => {});
    const { plane } = this.#options;
    const position = await (isLast ? plane.stopTape(tapeId, release.reason) : plane.flushTape(tapeId));
    return position.sequence;
  }

  /** A recording that holds the tape is paused or goes on. */
  setPaused(tapeId: string, recordingId: string, paused: boolean): void {
    const tape = this.#byId.get(tapeId);
    if (tape === undefined || !tape.holders.has(recordingId)) return;
    tape.holders.set(recordingId, paused);
    this.#applyPause(tape);
    if (!paused) this.#options.plane.requestKeyframe(streamOf(tape.stream));
  }

  /** Asks for a keyframe of a stream that is taped. */
  requestKeyframe(tapeId: string): void {
    const tape = this.#byId.get(tapeId);
    if (tape !== undefined) this.#options.plane.requestKeyframe(streamOf(tape.stream));
  }

  /** The first media of a tape arrived. */
  mediaStarted(tapeId: string, at: UnixUs): OpenTape | undefined {
    const tape = this.#byId.get(tapeId);
    if (tape !== undefined) tape.mediaStartedAt ??= at;
    return tape;
  }

  /** An open tape by its id. */
  get(tapeId: string): OpenTape | undefined {
    return this.#byId.get(tapeId);
  }

  #begin(tapeId: string, stream: TapedStream): OpenTape {
    const tape: OpenTape = {
      tapeId,
      stream,
      mediaStartedAt: undefined,
      holders: new Map(),
      layerHolders: new Set(),
      ready: this.#startTaping(tapeId, stream),
      isPaused: false,
      cancelPause: undefined,
    };
    this.#byId.set(tapeId, tape);
    this.#byStream.set(keyOf(stream), tape);
    return tape;
  }

  #setLayersWanted(tape: OpenTape, recordingId: string, isWanted: boolean): void {
    const before = tape.layerHolders.size > 0;
    if (isWanted) tape.layerHolders.add(recordingId);
    else tape.layerHolders.delete(recordingId);
    const after = tape.layerHolders.size > 0;
    if (before !== after) this.#options.plane.setTapeLayers(tape.tapeId, after);
  }

  async #startTaping(tapeId: string, stream: TapedStream): Promise<void> {
    const directory = tapeDirectory(this.#options.dataDirectory, tapeId);
    await mkdir(directory, { recursive: true }).catch(() => {});
    await this.#options.plane.startTape({ ...streamOf(stream), userId: stream.userId, tapeId, directory });
  }

  /** A recording's directory shows its tapes; the link is a convenience for people, so failing is no error. */
  async #link(tapeId: string, recordingId: string): Promise<void> {
    const { dataDirectory } = this.#options;
    const folder = join(recordingDirectory(dataDirectory, recordingId), 'tapes');
    const target = relative(folder, tapeDirectory(dataDirectory, tapeId));
    await mkdir(folder, { recursive: true }).catch(() => {});
    await symlink(target, join(folder, tapeId)).catch(() => {});
  }

  #applyPause(tape: OpenTape): void {
    const paused = tape.holders.size > 0 && [...tape.holders.values()].every((isPaused) => isPaused);
    tape.cancelPause?.();
    tape.cancelPause = undefined;
    if (paused === tape.isPaused) return;
    const apply = (): void => {
      tape.isPaused = paused;
      this.#options.plane.setTapePaused(tape.tapeId, paused);
    };
    if (paused) tape.cancelPause = this.#options.clock.after(GRACE_MS, apply);
    else apply();
  }

  #grace(): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(GRACE_MS, resolve));
  }

  #forget(tape: OpenTape): void {
    tape.cancelPause?.();
    this.#byId.delete(tape.tapeId);
    if (this.#byStream.get(keyOf(tape.stream)) === tape) this.#byStream.delete(keyOf(tape.stream));
  }
}

function keyOf(stream: StreamKey): string {
  return `${stream.roomId}/${stream.streamId}`;
}

function streamOf(stream: StreamKey): StreamKey {
  return { roomId: stream.roomId, streamId: stream.streamId };
}
