// The streams of recordings: each that is wanted is linked to a tape, held while it is published, and let go at its
// end, when its files are finished. Knows nothing of requests and films.

import type { MediaEvent } from '@roomtape/webrtc';
import type { KeptRecording } from './kept-recording.ts';
import { publicProblemCode } from './problem-code.ts';
import { isOpen, isPaused, nextFileName, type StreamLink, wants } from './recording-model.ts';
import { projectionJob } from './recording-paths.ts';
import type { RecordingShelf } from './recording-shelf.ts';
import type { RecordingsOptions } from './recordings-options.ts';
import type { TapedStream } from './tapes.ts';

/** Keeps the links between recordings, streams and tapes. */
export class StreamLinks {
  readonly #options: RecordingsOptions;
  readonly #shelf: RecordingShelf;

  constructor(options: RecordingsOptions, shelf: RecordingShelf) {
    this.#options = options;
    this.#shelf = shelf;
  }

  /** Links every stream that is published now and wanted. */
  async linkConnected(kept: KeptRecording): Promise<void> {
    const connected = this.#options.streams.connected(kept.model.request.roomId);
    await Promise.all(connected.filter((stream) => wants(kept.model, stream)).map((s) => this.#link(kept, s)));
  }

  /** A stream is about to be published: recordings that want it hold its tape before its first packet. */
  async streamClaimed(stream: TapedStream): Promise<void> {
    const wanting = [...this.#shelf.all()].filter((kept) => wants(kept.model, stream));
    await Promise.all(wanting.map((kept) => this.#link(kept, stream)));
  }

  /** A stream will not come back: its tape is sealed and its files are finished. */
  streamGone(stream: TapedStream): void {
    for (const kept of this.#shelf.all()) {
      if (kept.model.request.roomId !== stream.roomId) continue;
      this.#endLinks(kept, (link) => isOf(link, stream), 'stream gone');
    }
  }

  /** Whether a stream is taped for a recording that is not paused. */
  isRecorded(stream: TapedStream): boolean {
    for (const { model } of this.#shelf.all()) {
      if (!wants(model, stream) || isPaused(model)) continue;
      if (model.links.some((link) => isOpen(link) && isOf(link, stream))) return true;
    }
    return false;
  }

  /** A recording was stopped: everything of it is let go. */
  endAll(kept: KeptRecording): void {
    this.#endLinks(kept, () => true, 'recording stopped');
  }

  /** A recording was paused or goes on. */
  pausesChanged({ model }: KeptRecording): void {
    const { pauses, request, links, recordingId } = model;
    for (const { jobId, tapeId, streamId, userId } of links.filter(isOpen)) {
      this.#options.tapes.setPaused(tapeId, recordingId, isPaused(model));
      this.#options.projector.setPauses(jobId, pauses);
      this.#options.onStreamChange({ roomId: request.roomId, streamId, userId });
    }
  }

  /** After a restart: nothing is running, everything unfinished is put back to work. */
  goOn(kept: KeptRecording): void {
    const { model } = kept;
    for (const link of model.links.filter(({ role, outcome }) => role !== 'film' && outcome === undefined)) {
      const { streamId, userId, streamKind } = link;
      const stream = { roomId: model.request.roomId, streamId, userId, streamKind };
      // A crash may have come between the first media and its journal line, so every tape is looked at.
      if (link.mediaStartedAt === undefined)
        void this.#shelf.record(kept, { kind: 'media-started', jobId: link.jobId });
      this.#project(kept, link);
      if (link.end !== undefined) this.#options.projector.finish(link.jobId, link.end);
      else void this.#hold(kept, link, stream).then(() => this.#awaitStream(kept, link, stream));
    }
  }

  /** Hears the media processes. */
  onMedia(event: MediaEvent): void {
    if (event.kind === 'tape-started') {
      this.#options.tapes.mediaStarted(event.tapeId, event.at);
      this.#eachOpenLink(event.tapeId, (kept, link) => this.#mediaStarted(kept, link));
    } else if (event.kind === 'tape-stalled') this.tapeFailed(event.tapeId, event.code, 'the tape cannot be written');
    else if (event.kind === 'tape-recovered') {
      this.#eachOpenLink(event.tapeId, (kept, { streamId }) => this.#shelf.resolveProblems(kept, streamId));
    }
  }

  /** A tape cannot be written for now; capture tries again by itself. */
  tapeFailed(tapeId: string, code: string, message: string): void {
    this.#eachOpenLink(tapeId, (kept, { streamId }) => {
      this.#shelf.problem(kept, { code: publicProblemCode(code), message, streamId });
    });
  }

  /** A tape cannot be continued (it was sealed just before a crash): the stream goes on in another one. */
  tapeRefused(tapeId: string, message: string): void {
    this.#options.log.warn({ tapeId, error: message }, 'tape refused');
    const stream = this.#options.tapes.get(tapeId)?.stream;
    this.#eachOpenLink(tapeId, (kept, link) => {
      void this.#endLink(kept, link, 'tape refused').then(() => {
        const here = this.#options.streams.connected(kept.model.request.roomId);
        if (stream === undefined || !wants(kept.model, stream) || !here.some((other) => isOf(link, other))) return;
        return this.#link(kept, stream);
      });
    });
  }

  async #link(kept: KeptRecording, stream: TapedStream): Promise<void> {
    if (kept.model.links.some((link) => isOpen(link) && !kept.ending.has(link.jobId) && isOf(link, stream))) return;
    const { streamId, userId } = stream;
    const userName = this.#options.streams.nameOf(stream);
    const fileName = nextFileName(kept.model, streamId);
    const jobId = this.#options.ids.next('file');
    const tapeId = this.#options.tapes.idFor(stream);
    this.#shelf.addJob(jobId, kept);
    const name = userName === undefined ? {} : { userName };
    const kind = (stream.streamKind ?? 'camera') === 'camera' ? {} : { streamKind: stream.streamKind };
    await this.#shelf.record(kept, {
      kind: 'stream-linked',
      jobId,
      tapeId,
      streamId,
      userId,
      ...name,
      ...kind,
      fileName,
    });
    const link = kept.model.links.find((candidate) => candidate.jobId === jobId);
    if (link === undefined || !isOpen(link)) return;
    await this.#hold(kept, link, stream);
  }

  async #hold(kept: KeptRecording, link: StreamLink, stream: TapedStream): Promise<void> {
    const { tapes } = this.#options;
    const { recordingId } = kept.model;
    const held = tapes.hold(link.tapeId, stream, { recordingId, wantsLayers: link.role === 'part' });
    if (isPaused(kept.model)) tapes.setPaused(link.tapeId, recordingId, true);
    const tape = await held;
    if (tape.mediaStartedAt !== undefined) this.#mediaStarted(kept, link);
    this.#options.onStreamChange(stream);
  }

  #mediaStarted(kept: KeptRecording, link: StreamLink): void {
    const current = kept.model.links.find((candidate) => candidate.jobId === link.jobId);
    if (current === undefined || !isOpen(current)) return;
    if (current.mediaStartedAt === undefined)
      void this.#shelf.record(kept, { kind: 'media-started', jobId: link.jobId });
    this.#project(kept, link);
  }

  /** Parts of a film have no files of their own. */
  #project(kept: KeptRecording, link: StreamLink): void {
    if (link.role !== 'stream') return;
    this.#options.projector.start(projectionJob(this.#options, kept.model, link), kept.model.pauses);
  }

  #endLinks(kept: KeptRecording, isMeant: (link: StreamLink) => boolean, reason: string): void {
    for (const link of kept.model.links.filter(isOpen)) if (isMeant(link)) void this.#endLink(kept, link, reason);
  }

  async #endLink(kept: KeptRecording, link: StreamLink, reason: string): Promise<void> {
    const { jobId, tapeId, streamId, userId } = link;
    if (kept.ending.has(jobId)) return;
    kept.ending.add(jobId);
    const stopAt = kept.model.stoppedAt ?? this.#options.clock.now();
    const { recordingId, request, pauses } = kept.model;
    // At once: nothing later is planned while what was captured before still arrives.
    this.#options.projector.setPauses(jobId, [...pauses, { fromAt: stopAt }]);
    const release = { reason, isLive: kept.model.stoppedAt !== undefined };
    const sequence = await this.#options.tapes.release(tapeId, recordingId, release).catch((error: unknown) => {
      this.#options.log.warn({ error, tapeId }, 'tape release failed');
      return undefined;
    });
    const started = kept.model.links.find((candidate) => candidate.jobId === jobId)?.mediaStartedAt !== undefined;
    if (started) {
      const upTo = sequence === undefined ? {} : { sequence };
      this.#options.projector.finish(jobId, { stopAt, ...upTo });
      await this.#shelf.record(kept, { kind: 'stream-ended', jobId, ...upTo });
    } else await this.#shelf.record(kept, { kind: 'stream-discarded', jobId });
    kept.ending.delete(jobId);
    this.#options.onStreamChange({ roomId: request.roomId, streamId, userId });
  }

  #awaitStream(kept: KeptRecording, link: StreamLink, stream: TapedStream): void {
    if (kept.model.stoppedAt === undefined) this.#options.streams.restore(stream);
    else void this.#endLink(kept, link, 'recording stopped');
  }

  #eachOpenLink(tapeId: string, action: (kept: KeptRecording, link: StreamLink) => void): void {
    for (const recordingId of this.#options.tapes.get(tapeId)?.holders.keys() ?? []) {
      const kept = this.#shelf.find(recordingId);
      const link = kept?.model.links.find((candidate) => candidate.tapeId === tapeId && isOpen(candidate));
      if (kept !== undefined && link !== undefined) action(kept, link);
    }
  }
}

function isOf(link: StreamLink, stream: TapedStream): boolean {
  return link.streamId === stream.streamId && link.userId === stream.userId;
}
