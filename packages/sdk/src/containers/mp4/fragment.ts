// One fragment (`moof` and `mdat`, ISO/IEC 14496-12 §8.8): written in one piece, read back sample by sample.

import {
  type BoxSpan,
  box,
  boxesIn,
  findBox,
  fullBox,
  readUint32,
  readUint64,
  uint32s,
  uint64s,
  writeBoxType,
  writeUint32,
} from '@roomtape/media';

/** A sample of a fragment. */
export type FragmentSample = {
  readonly bytes: Uint8Array;
  readonly durationTicks: number;
  readonly isKeyframe: boolean;
};

/** What a fragment has of one track; at least one sample. */
export type FragmentRun = {
  readonly trackId: number;
  /** Decoding time of the first sample, ticks of the track. */
  readonly startTicks: number;
  readonly samples: readonly FragmentSample[];
};

/** A sample as a fragment tells it. */
export type SampleFacts = {
  readonly trackId: number;
  readonly dtsTicks: number;
  readonly durationTicks: number;
  readonly sizeBytes: number;
  readonly isKeyframe: boolean;
  /** From the start of the `moof`. */
  readonly offsetBytes: number;
  /** Whether it is the first of its track in this fragment. */
  readonly isFirstOfRun: boolean;
};

const SAMPLE_IS_SYNC = 0x02000000;
const SAMPLE_IS_NOT_SYNC = 0x01010000;
/** Data offset, and duration, size and flags of every sample. */
const TRUN_FLAGS = 0x000701;
/** Offsets count from the `moof`. */
const TFHD_FLAGS = 0x020000;

/** Writes a fragment. */
export function writeFragment(sequence: number, runs: readonly FragmentRun[]): Uint8Array {
  const mediaBytes = runs.reduce((sum, run) => sum + sizeOf(run.samples), 0);
  const headBytes = 8 + 16 + runs.reduce((sum, run) => sum + 8 + 16 + 20 + 20 + 12 * run.samples.length, 0);
  let offset = headBytes + 8;
  const parts = runs.map((run) => {
    const part = runBox(run, offset);
    offset += sizeOf(run.samples);
    return part;
  });
  const moof = box('moof', fullBox('mfhd', 0, uint32s([sequence])), ...parts);
  const bytes = new Uint8Array(headBytes + 8 + mediaBytes);
  bytes.set(moof);
  writeUint32(bytes, moof.length, mediaBytes + 8);
  writeBoxType(bytes, moof.length + 4, 'mdat');
  let at = moof.length + 8;
  for (const run of runs) {
    for (const sample of run.samples) {
      bytes.set(sample.bytes, at);
      at += sample.bytes.length;
    }
  }
  return bytes;
}

/** Visits the samples of a `moof` of ours; `false` when it is not one. Never reads past `moof`. */
export function readFragment(moof: Uint8Array, visit: (sample: SampleFacts) => void): boolean {
  const runs = boxesIn(moof, 8, moof.length).filter((span) => span.type === 'traf');
  return runs.every((span) => readRun(moof, span, visit));
}

function runBox(run: FragmentRun, offset: number): Uint8Array {
  const rows = new Uint8Array(run.samples.length * 12);
  for (const [i, sample] of run.samples.entries()) {
    writeUint32(rows, i * 12, sample.durationTicks);
    writeUint32(rows, i * 12 + 4, sample.bytes.length);
    writeUint32(rows, i * 12 + 8, sample.isKeyframe ? SAMPLE_IS_SYNC : SAMPLE_IS_NOT_SYNC);
  }
  return box(
    'traf',
    fullBox('tfhd', TFHD_FLAGS, uint32s([run.trackId])),
    fullBox('tfdt', 0x01000000, uint64s([run.startTicks])),
    fullBox('trun', TRUN_FLAGS, uint32s([run.samples.length, offset]), rows),
  );
}

function readRun(moof: Uint8Array, traf: BoxSpan, visit: (sample: SampleFacts) => void): boolean {
  const head = findBox(moof, ['tfhd'], traf);
  const time = findBox(moof, ['tfdt'], traf);
  const run = findBox(moof, ['trun'], traf);
  if (head === undefined || time === undefined || run === undefined) return false;
  const count = readUint32(moof, run.from + 4);
  if (readUint32(moof, run.from) !== TRUN_FLAGS || run.from + 12 + count * 12 !== run.end) return false;
  const trackId = readUint32(moof, head.from + 4);
  let dtsTicks = readUint64(moof, time.from + 4);
  let offsetBytes = readUint32(moof, run.from + 8);
  for (let i = 0; i < count; i += 1) {
    const row = run.from + 12 + i * 12;
    const durationTicks = readUint32(moof, row);
    const sizeBytes = readUint32(moof, row + 4);
    const isKeyframe = readUint32(moof, row + 8) === SAMPLE_IS_SYNC;
    visit({ trackId, dtsTicks, durationTicks, sizeBytes, isKeyframe, offsetBytes, isFirstOfRun: i === 0 });
    dtsTicks += durationTicks;
    offsetBytes += sizeBytes;
  }
  return true;
}

function sizeOf(samples: readonly FragmentSample[]): number {
  let bytes = 0;
  for (const sample of samples) bytes += sample.bytes.length;
  return bytes;
}
