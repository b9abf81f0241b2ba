// One recording of raw sound in its worker: samples into a file of the store, in order, flushed often.

import { sentError } from '../recording/sent-error.ts';
import type { RecordingInProgress, RecordingStore } from '../storage/recording-store.ts';
import { PcmFile } from './pcm-file.ts';
import type { PcmReport, PcmRequest } from './pcm-messages.ts';

/** What a crash of the machine can cost; a crash of the browser costs only what had not reached the worker. */
const FLUSH_EVERY_US = 500_000;
/** Silence is written in pieces, so that an absurd gap needs no absurd memory. */
const SILENCE_PIECE_SAMPLES = 1 << 16;
/** Longer gaps are an hour of sleep, not lost sound: they are left out. */
const SILENCE_MAX_SECONDS = 60;

/** Answers the requests of a page; exactly one `finished` or `lost` ends it once it has started. */
export class PcmSession {
  readonly #openStore: () => Promise<RecordingStore>;
  readonly #post: (report: PcmReport) => void;
  #recording: RecordingInProgress | undefined;
  #pcm: PcmFile | undefined;
  #channels = 1;
  #sampleRate = 48_000;
  #flushedUs = 0;
  #isEnded = false;

  constructor(openStore: () => Promise<RecordingStore>, post: (report: PcmReport) => void) {
    this.#openStore = openStore;
    this.#post = post;
  }

  /** Takes one request; never rejects. Requests that wait for `start` are the caller's to keep in order. */
  async answer(request: PcmRequest): Promise<void> {
    if (request.kind === 'start') await this.#start(request);
    else if (request.kind === 'samples') await this.#write(request.samples, request.silenceBefore);
    else await this.#finish();
  }

  async #start({ filePath, container, pcm, ifExists }: Extract<PcmRequest, { kind: 'start' }>): Promise<void> {
    try {
      const store = await this.#openStore();
      this.#recording = await store.create({ filePath, container, ifExists, pcm });
      this.#pcm = new PcmFile(this.#recording.file, container, pcm);
      this.#channels = pcm.channels;
      this.#sampleRate = pcm.sampleRate;
      this.#post({ kind: 'started' });
    } catch (error) {
      this.#isEnded = true;
      await this.#recording?.discard();
      this.#post({ kind: 'failed', error: sentError(error, 'RECORD_OPEN_FAILED') });
    }
  }

  async #write(samples: Int16Array, silenceBefore: number): Promise<void> {
    const pcm = this.#pcm;
    if (pcm === undefined || this.#isEnded) return;
    try {
      this.#writeSilence(pcm, silenceBefore);
      pcm.write(samples);
      if (pcm.durationUs - this.#flushedUs < FLUSH_EVERY_US) return;
      pcm.flush();
      this.#flushedUs = pcm.durationUs;
      this.#post({ kind: 'written', bytes: pcm.bytesWritten, durationUs: pcm.durationUs });
    } catch (error) {
      this.#post({ kind: 'failed', error: sentError(error, 'RECORD_WRITE_FAILED') });
      await this.#finish();
    }
  }

  #writeSilence(pcm: PcmFile, samples: number): void {
    let left = Math.min(samples, SILENCE_MAX_SECONDS * this.#sampleRate) * this.#channels;
    while (left > 0) {
      const count = Math.min(left, SILENCE_PIECE_SAMPLES);
      pcm.write(new Int16Array(count));
      left -= count;
    }
  }

  async #finish(): Promise<void> {
    const recording = this.#recording;
    const pcm = this.#pcm;
    if (recording === undefined || pcm === undefined || this.#isEnded) return;
    this.#isEnded = true;
    try {
      pcm.flush();
      const file = await recording.finish(pcm.durationUs);
      this.#post({ kind: 'written', bytes: pcm.bytesWritten, durationUs: pcm.durationUs });
      this.#post({ kind: 'finished', file });
    } catch (error) {
      await recording.keep();
      this.#post({ kind: 'lost', error: sentError(error, 'RECORD_WRITE_FAILED') });
    }
  }
}
