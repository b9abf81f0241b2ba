// The tapes of a media plane: opens writers, feeds them from streams, flushes and seals. A full disk stalls a
// tape and is told; it never stops capture.

import { type Clock, type CodecConfig, type Log, type MediaKind, RoomtapeError } from '@roomtape/media';
import { openTape, type TapeFilesystem, type TapeLimits, type TapeWriter, type WrittenTo } from '@roomtape/tape';
import type { MediaEvent, TapePosition, TapeRequest } from './media-plane.ts';
import type { PublishedStream } from './published-stream.ts';
import { TapeFeed } from './tape-feed.ts';
import { callerError, systemError, type WebrtcError } from './webrtc-error.ts';

/** How tapes are written; every field has a default. */
export type TapeOptions = { readonly limits?: Partial<TapeLimits>; readonly filesystem?: TapeFilesystem };

/** What the tapes of a plane need. */
export type StreamTapesOptions = {
  readonly clock: Clock;
  readonly log: Log;
  readonly tapeOptions: TapeOptions;
  readonly tapesMax: number;
  readonly onEvent: (event: MediaEvent) => void;
  readonly onConfig: (stream: PublishedStream, kind: MediaKind, config: CodecConfig) => void;
};

type OpenTape = { readonly stream: PublishedStream; readonly writer: TapeWriter; readonly feed: TapeFeed };

/** All tapes being written by this process. */
export class StreamTapes {
  readonly #options: StreamTapesOptions;
  readonly #tapes = new Map<string, OpenTape>();
  readonly #opening = new Map<string, Promise<void>>();

  constructor(options: StreamTapesOptions) {
    this.#options = options;
  }

  /** Opens or continues a tape and feeds it; a tape that is open already stays as it is. */
  async start(stream: PublishedStream, request: TapeRequest): Promise<void> {
    const { tapeId } = request;
    if (this.#tapes.has(tapeId)) return;
    const opening = this.#opening.get(tapeId);
    if (opening !== undefined) return opening;
    if (this.#tapes.size + this.#opening.size >= this.#options.tapesMax) {
      const details = { limit: 'tapes', max: this.#options.tapesMax };
      throw systemError('LIMIT_REACHED', 'Too many tapes are being written', { details });
    }
    const started = this.#open(stream, request).finally(() => this.#opening.delete(tapeId));
    this.#opening.set(tapeId, started);
    return started;
  }

  /** Pauses or resumes; unknown tapes are ignored. */
  setPaused(tapeId: string, paused: boolean): void {
    this.#tapes.get(tapeId)?.feed.setPaused(paused);
  }

  /** Keeps all simulcast layers, or the best one only; unknown tapes are ignored. */
  setLayersWanted(tapeId: string, isWanted: boolean): void {
    this.#tapes.get(tapeId)?.feed.setLayersWanted(isWanted);
  }

  /** Makes everything taped so far readable. */
  async flush(tapeId: string): Promise<TapePosition> {
    const tape = this.#find(tapeId);
    return this.#positioned(tapeId, () => tape.writer.flush());
  }

  /** Seals a tape. When the disk does not take it, rejects with DISK_FULL and may be called again. */
  async stop(tapeId: string, reason: string): Promise<TapePosition> {
    await this.#opening.get(tapeId);
    const tape = this.#find(tapeId);
    tape.feed.detach(reason);
    tape.stream.feeds.delete(tapeId);
    const position = await this.#positioned(tapeId, () => tape.writer.seal(reason));
    this.#tapes.delete(tapeId);
    await tape.writer.close();
    return position;
  }

  /** Lets go of all tapes, unsealed: a later process continues them. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#opening.values());
    const tapes = [...this.#tapes.values()];
    this.#tapes.clear();
    for (const { stream, feed } of tapes) {
      stream.feeds.delete(feed.request.tapeId);
      feed.detach('process-closed');
    }
    await Promise.all(tapes.map(({ writer }) => writer.close()));
  }

  /** Plain data for debugging. */
  describe(): Record<string, unknown>[] {
    return [...this.#tapes.values()].map(({ writer }) => ({ ...writer.describe() }));
  }

  async #open(stream: PublishedStream, request: TapeRequest): Promise<void> {
    const { clock, log, tapeOptions, onEvent } = this.#options;
    const { tapeId, directory } = request;
    const { key } = stream;
    const writer = await openTape({
      directory,
      tapeId,
      clock,
      log,
      ...tapeOptions,
      handlers: {
        onStalled: (code) => onEvent({ kind: 'tape-stalled', ...key, tapeId, code, at: clock.now() }),
        onRecovered: () => {
          onEvent({ kind: 'tape-recovered', ...key, tapeId, at: clock.now() });
          feed.requestKeyframes();
        },
        onKeyframeNeeded: () => feed.requestKeyframes(),
      },
    }).catch((error: unknown) => {
      throw publicError(error, { tapeId });
    });
    const feed: TapeFeed = new TapeFeed({
      request,
      writer,
      clock,
      onStarted: (at) => onEvent({ kind: 'tape-started', ...key, tapeId, at }),
      onConfig: (kind, config) => this.#options.onConfig(stream, kind, config),
    });
    this.#tapes.set(tapeId, { stream, writer, feed });
    stream.addFeed(tapeId, feed);
  }

  #find(tapeId: string): OpenTape {
    const tape = this.#tapes.get(tapeId);
    if (tape === undefined) throw callerError('NOT_FOUND', 'No such tape is being written', { tapeId });
    return tape;
  }

  async #positioned(tapeId: string, action: () => Promise<WrittenTo>): Promise<TapePosition> {
    try {
      const { sequence, at } = await action();
      return { tapeId, sequence, at };
    } catch (error) {
      throw publicError(error, { tapeId });
    }
  }
}

/** Gives an error of the tape or the file system its place in the public catalogue. */
function publicError(cause: unknown, details: { readonly tapeId: string }): WebrtcError {
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (code === 'tape-sealed')
    return callerError('INVALID_STATE', 'The tape is sealed', { ...details, state: 'sealed' });
  if (code === 'tape-mismatch') return callerError('INVALID_STATE', 'The directory holds another tape', details);
  if (code === 'tape-stalled' || code === 'ENOSPC' || code === 'EDQUOT') {
    return new RoomtapeError('DISK_FULL', 'The disk does not take the tape', {
      blame: 'system',
      retryable: true,
      details: { ...details, code },
      cause,
    });
  }
  const facts = { details: { ...details, code: String(code) }, cause };
  return systemError('MEDIA_UNAVAILABLE', 'The tape cannot be written', facts);
}
