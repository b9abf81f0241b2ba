// Reads the head of a fragment (ISO/IEC 14496-12 §8.8) as FFmpeg writes it: where the samples of each track are, how
// long and how large. Never reads past it; one that makes no sense is told as such.

import { type BoxSpan, boxesIn, findBox, readUint32, readUint64 } from '@roomtape/media';

/** What a track's samples are where its fragments do not say it themselves (`trex`). */
export type SampleDefaults = {
  readonly description: number;
  readonly durationTicks: number;
  readonly sizeBytes: number;
  readonly flags: number;
};

/** One sample. `shiftTicks`: by how much it is shown later than it is decoded. */
export type FragmentSample = {
  readonly durationTicks: number;
  readonly sizeBytes: number;
  readonly isKeyframe: boolean;
  readonly shiftTicks: number;
};

/** Samples of one track that lie one after the other. */
export type FragmentRun = {
  readonly trackId: number;
  /** Decoding time of the first one. */
  readonly startTicks: number;
  /** From the beginning of the fragment's head to the first one. */
  readonly offsetBytes: number;
  /** Which of the track's sample entries they are of, from 1. */
  readonly description: number;
  readonly samples: readonly FragmentSample[];
};

const BASE_OFFSET = 0x1;
const DESCRIPTION = 0x2;
const DEFAULT_DURATION = 0x8;
const DEFAULT_SIZE = 0x10;
const DEFAULT_FLAGS = 0x20;
const DATA_OFFSET = 0x1;
const FIRST_FLAGS = 0x4;
const SAMPLE_DURATION = 0x100;
const SAMPLE_SIZE = 0x200;
const SAMPLE_FLAGS = 0x400;
const SAMPLE_SHIFT = 0x800;
const IS_NO_KEYFRAME = 0x10000;
/** More samples than hours of sound have; more are damage. */
const SAMPLES_MAX = 1_000_000;

/** The runs of a `moof`, in its order; `undefined` when it is none that can be used. */
export function readFragment(
  moof: Uint8Array,
  defaultsOf: (trackId: number) => SampleDefaults | undefined,
): readonly FragmentRun[] | undefined {
  const runs: FragmentRun[] = [];
  for (const traf of boxesIn(moof, 8, moof.length)) {
    if (traf.type !== 'traf') continue;
    const read = readTrack(moof, traf, defaultsOf);
    if (read === undefined) return undefined;
    runs.push(...read);
  }
  return runs;
}

function readTrack(
  moof: Uint8Array,
  traf: BoxSpan,
  defaultsOf: (trackId: number) => SampleDefaults | undefined,
): readonly FragmentRun[] | undefined {
  const head = findBox(moof, ['tfhd'], traf);
  const time = findBox(moof, ['tfdt'], traf);
  if (head === undefined || time === undefined) return undefined;
  const trackId = readUint32(moof, head.from + 4);
  const known = defaultsOf(trackId);
  const isAbsolute = (readUint32(moof, head.from) & BASE_OFFSET) !== 0;
  if (known === undefined || isAbsolute) return undefined;
  const defaults = defaultsIn(moof, head, known);
  let startTicks = moof[time.from] === 1 ? readUint64(moof, time.from + 4) : readUint32(moof, time.from + 4);
  const runs: FragmentRun[] = [];
  for (const span of boxesIn(moof, traf.from, traf.end)) {
    if (span.type !== 'trun') continue;
    const run = readRun(moof, span, defaults);
    if (run === undefined) return undefined;
    runs.push({ trackId, startTicks, description: defaults.description, ...run });
    for (const { durationTicks } of run.samples) startTicks += durationTicks;
  }
  return runs;
}

function defaultsIn(moof: Uint8Array, head: BoxSpan, known: SampleDefaults): SampleDefaults {
  const fields = new FlaggedFields(moof, head.from + 8, readUint32(moof, head.from));
  return {
    description: fields.next(DESCRIPTION, known.description),
    durationTicks: fields.next(DEFAULT_DURATION, known.durationTicks),
    sizeBytes: fields.next(DEFAULT_SIZE, known.sizeBytes),
    flags: fields.next(DEFAULT_FLAGS, known.flags),
  };
}

function readRun(
  moof: Uint8Array,
  span: BoxSpan,
  defaults: SampleDefaults,
): Pick<FragmentRun, 'offsetBytes' | 'samples'> | undefined {
  const flags = readUint32(moof, span.from);
  const count = readUint32(moof, span.from + 4);
  const fields = new FlaggedFields(moof, span.from + 8, flags);
  const offsetBytes = fields.next(DATA_OFFSET, -1);
  const firstFlags = fields.next(FIRST_FLAGS, defaults.flags);
  const rowBytes = [SAMPLE_DURATION, SAMPLE_SIZE, SAMPLE_FLAGS, SAMPLE_SHIFT].filter((flag) => flags & flag).length * 4;
  if (offsetBytes < 0 || count > SAMPLES_MAX || fields.at + count * rowBytes !== span.end) return undefined;
  const samples: FragmentSample[] = [];
  for (let i = 0; i < count; i += 1) {
    const durationTicks = fields.next(SAMPLE_DURATION, defaults.durationTicks);
    const sizeBytes = fields.next(SAMPLE_SIZE, defaults.sizeBytes);
    const isKeyframe = (fields.next(SAMPLE_FLAGS, i === 0 ? firstFlags : defaults.flags) & IS_NO_KEYFRAME) === 0;
    // Signed in version 1; no shift of version 0 is that large.
    samples.push({ durationTicks, sizeBytes, isKeyframe, shiftTicks: fields.next(SAMPLE_SHIFT, 0) | 0 });
  }
  return { offsetBytes, samples };
}

/** 32-bit numbers one after the other, each there only where a flag says so. */
class FlaggedFields {
  readonly #bytes: Uint8Array;
  readonly #flags: number;
  #at: number;

  constructor(bytes: Uint8Array, at: number, flags: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#flags = flags;
  }

  get at(): number {
    return this.#at;
  }

  next(flag: number, otherwise: number): number {
    if ((this.#flags & flag) === 0) return otherwise;
    this.#at += 4;
    return readUint32(this.#bytes, this.#at - 4);
  }
}
