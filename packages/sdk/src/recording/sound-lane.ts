// Sound of one recording on its way from track to packet: read, put on an unbroken line, cut where the film is cut,
// encoded. Where there is no sound there is silence.

import type { EncodedPacket } from '../containers/container-writer.ts';
import { AAC_PACKET_SAMPLES, type AacChoice, type AacEncoder, createAacEncoder } from './aac-encoder.ts';
import type { FilmTime } from './film-time.ts';
import { SoundClock } from './sound-clock.ts';
import { LINE_RATE, type SoundBlock, SoundLine } from './sound-line.ts';
import { sharedNowUs } from './worker-messages.ts';

/** What the sound is encoded to, once that is known. */
export type SoundLaneStart = {
  readonly film: FilmTime;
  readonly channelCount: 1 | 2;
  readonly choice: AacChoice;
  readonly bitrateBps: number;
  onPacket(packet: EncodedPacket): void;
  onError(error: unknown): void;
};

/** A track that reads. */
export type SoundInput = {
  readonly readable: ReadableStream<AudioData>;
  /** Where the page's clock begins, on the shared one, µs. */
  readonly pageOriginUs: number;
  /** How much later its sound is than what was captured, µs. */
  readonly delayUs: number;
};

/** Samples given to the encoder at a time: 43 ms. */
const BATCH_SAMPLES = 2 * AAC_PACKET_SAMPLES;
/** Behind now by so much, a track that lives has stopped for good; one that is gone has at once. */
const STALLED_US = 1_500_000;
const GONE_US = 200_000;
/**
 * Being woken for each of 100 blocks a second costs more than the blocks do: after one that was waited for, several are
 * left to gather. (2.0 % of a core down to 0.8 % in Chromium 156.)
 */
const GATHER_MS = 60;
const WAITED_US = 2000;
/** Blocks that came before the film began and may belong into it. */
const EARLY_BLOCKS_MAX = 50;

/** `originUs`: the line's moment 0 on the shared clock, µs; `undefined` before the film begins. */
type Running = SoundLaneStart & {
  originUs: number | undefined;
  readonly encoder: AacEncoder;
  readonly line: SoundLine;
};

/** The sound of one recording. */
export class SoundLane {
  #reader: ReadableStreamDefaultReader<AudioData> | undefined;
  #running: Running | undefined;
  #early: SoundBlock[] = [];
  #firstChannels: ((count: number) => void) | undefined;
  #batch = new Float32Array(0);
  #batched = 0;
  /** Samples of the line that came, and of the film that were encoded. */
  #lineSamples = 0;
  #packets = 0;

  get hasTrack(): boolean {
    return this.#reader !== undefined;
  }

  /** Up to where sound came, µs of the line. */
  get lineUs(): number {
    return this.#running?.line.endUs ?? 0;
  }

  /** Reads from a track instead of the one before; `onEnd` is called when it ends by itself. */
  read(input: SoundInput | undefined, onEnd: () => void): void {
    void this.#reader?.cancel().catch(() => undefined);
    this.#running?.line.endSource();
    this.#reader = input?.readable.getReader();
    if (this.#reader !== undefined && input !== undefined) void this.#pump(this.#reader, input, onEnd);
  }

  /** Channels of the first block. */
  firstChannels(): Promise<number> {
    const first = this.#early[0];
    if (first !== undefined) return Promise.resolve(first.planes.length);
    return new Promise((resolve) => {
      this.#firstChannels = resolve;
    });
  }

  /** Opens the encoder; resolves when it is loaded. */
  prepare(start: SoundLaneStart): Promise<void> {
    const { channelCount, choice, bitrateBps, onError } = start;
    const line = new SoundLine({ channelCount, onSamples: (planes) => this.#cut(planes) });
    const encoder = createAacEncoder({
      choice,
      channelCount,
      bitrateBps,
      onPacket: (bytes, config) => this.#give(bytes, config),
      onError,
    });
    this.#batch = new Float32Array(BATCH_SAMPLES * channelCount);
    this.#running = { ...start, originUs: undefined, encoder, line };
    return encoder.ready;
  }

  /** Begins the film at a moment of the shared clock. */
  begin(originUs: number): void {
    const running = this.#running;
    if (running === undefined) return;
    running.originUs = originUs;
    for (const block of this.#early) running.line.push({ ...block, atUs: block.atUs - originUs });
    this.#early = [];
  }

  /** To be called some times a second: fills in silence where no sound comes. */
  tick(nowUs: number): void {
    const running = this.#running;
    if (running?.originUs === undefined) return;
    const dueUs = nowUs - running.originUs - (this.hasTrack ? STALLED_US : GONE_US);
    if (running.line.endUs < dueUs) running.line.fillTo(dueUs);
  }

  /** Ends reading, fills up to `endUs` of the line and gives everything. */
  async finish(endUs: number): Promise<void> {
    this.#stopReading();
    const running = this.#running;
    if (running === undefined) return;
    running.line.endSource();
    for (let atUs = -1; running.line.endUs > atUs; running.line.fillTo(endUs)) atUs = running.line.endUs;
    this.#sendBatch(running);
    await running.encoder.flush();
  }

  close(): void {
    this.#stopReading();
    this.#running?.encoder.close();
  }

  async #pump(reader: ReadableStreamDefaultReader<AudioData>, input: SoundInput, onEnd: () => void): Promise<void> {
    const clock = new SoundClock([performance.timeOrigin * 1000, input.pageOriginUs]);
    try {
      for (;;) {
        const askedUs = sharedNowUs();
        const { value: data, done } = await reader.read();
        if (data === undefined || done) break;
        const hadToWait = sharedNowUs() - askedUs >= WAITED_US;
        const atUs = clock.map(data.timestamp, sharedNowUs()) - input.delayUs;
        const block = { atUs, sampleRate: data.sampleRate, planes: planesOf(data) };
        data.close();
        if (this.#reader !== reader) continue;
        this.#take(block);
        if (hadToWait && this.#running?.originUs !== undefined)
          await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      }
    } catch {
      // A stream that fails has ended: what to do about it is the same.
    }
    if (this.#reader !== reader) return;
    this.#reader = undefined;
    this.#running?.line.endSource();
    onEnd();
  }

  #take(block: SoundBlock): void {
    const running = this.#running;
    if (running?.originUs !== undefined) {
      running.line.push({ ...block, atUs: block.atUs - running.originUs });
      return;
    }
    this.#firstChannels?.(block.planes.length);
    this.#firstChannels = undefined;
    this.#early.push(block);
    if (this.#early.length > EARLY_BLOCKS_MAX) this.#early.shift();
  }

  #cut(planes: readonly Float32Array[]): void {
    const running = this.#running;
    const length = planes[0]?.length ?? 0;
    const from = this.#lineSamples;
    this.#lineSamples += length;
    if (running === undefined) return;
    for (const span of running.film.keptOf(usOf(from), usOf(from + length))) {
      const [first, end] = [samplesOf(span.fromUs) - from, samplesOf(span.toUs) - from];
      this.#collect(running, planes, [Math.max(0, first), Math.min(length, end)]);
    }
  }

  /** Gathers interleaved samples, because encoders cost by the call. */
  #collect(running: Running, planes: readonly Float32Array[], [first, end]: readonly [number, number]): void {
    const [left = new Float32Array(0), right = left] = planes;
    const { channelCount } = running;
    for (let i = first; i < end; i++) {
      const at = this.#batched * channelCount;
      this.#batch[at] = left[i] ?? 0;
      if (channelCount === 2) this.#batch[at + 1] = right[i] ?? 0;
      this.#batched++;
      if (this.#batched === BATCH_SAMPLES) this.#sendBatch(running);
    }
  }

  #sendBatch(running: Running): void {
    if (this.#batched === 0) return;
    const samples = this.#batch.subarray(0, this.#batched * running.channelCount);
    this.#batch = new Float32Array(BATCH_SAMPLES * running.channelCount);
    this.#batched = 0;
    running.encoder.encode(samples);
  }

  #give(bytes: Uint8Array, config: Uint8Array | undefined): void {
    const running = this.#running;
    if (running === undefined) return;
    const at = this.#packets * AAC_PACKET_SAMPLES - running.choice.primingSamples;
    this.#packets++;
    running.onPacket({
      bytes,
      ptsUs: Math.round(usOf(at)),
      durationUs: Math.round(usOf(AAC_PACKET_SAMPLES)),
      isKeyframe: true,
      ...(config === undefined ? {} : { decoderConfig: config }),
    });
  }

  #stopReading(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    void reader?.cancel().catch(() => undefined);
  }
}

function planesOf(data: AudioData): Float32Array[] {
  return Array.from({ length: data.numberOfChannels }, (_, planeIndex) => {
    const plane = new Float32Array(data.numberOfFrames);
    data.copyTo(plane, { planeIndex, format: 'f32-planar' });
    return plane;
  });
}

function usOf(samples: number): number {
  return (samples * 1e6) / LINE_RATE;
}

function samplesOf(us: number): number {
  return Math.round((us * LINE_RATE) / 1e6);
}
