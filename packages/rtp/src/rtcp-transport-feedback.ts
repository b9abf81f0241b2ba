// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1) as plain data: which
// transport sequences arrived, and when. Times are on the receiver's clock, known only up to its own cycle.

import { assert } from '@roomtape/media';
import type { ByteReader, ByteWriter } from './byte-cursor.ts';

/** Arrival times of consecutive transport sequences, in ticks of 250 µs. */
export type TransportFeedback = {
  readonly kind: 'transport-feedback';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** 16-bit transport sequence of the first status. */
  readonly baseSequence: number;
  /** 24 bits, in units of 64 ms (256 ticks). */
  readonly referenceTime: number;
  /** 8 bits, counts feedback packets. */
  readonly feedbackCount: number;
  /**
   * One per sequence from `baseSequence` on: ticks of 250 µs since `referenceTime`, or `undefined` for a packet
   * not received (or received with no time). A packet may be earlier than the one before it.
   */
  readonly arrivals: readonly (number | undefined)[];
};

/** Statuses of one feedback packet that are accepted or written. */
export const TRANSPORT_STATUSES_MAX = 8192;

const RUN_MAX = 0x1fff;

/** Reads a transport feedback body after its first word; `undefined` when lengths do not fit. */
export function parseTransportFeedback(body: ByteReader): TransportFeedback | undefined {
  const senderSsrc = body.uint32();
  const mediaSsrc = body.uint32();
  const baseSequence = body.uint16();
  const count = body.uint16();
  const referenceTime = body.uint24();
  const feedbackCount = body.uint8();
  if (body.failed || count > TRANSPORT_STATUSES_MAX) return undefined;
  const symbols = parseChunks(body, count);
  if (symbols === undefined) return undefined;
  const arrivals: (number | undefined)[] = [];
  let at = 0;
  for (const symbol of symbols) {
    if (symbol === 1) at += body.uint8();
    else if (symbol === 2) at += (body.uint16() << 16) >> 16;
    arrivals.push(symbol === 1 || symbol === 2 ? at : undefined);
  }
  if (body.failed) return undefined;
  return { kind: 'transport-feedback', senderSsrc, mediaSsrc, baseSequence, referenceTime, feedbackCount, arrivals };
}

/** Writes a transport feedback body; returns its format. Asserts that every step fits 16 signed bits. */
export function writeTransportFeedback(feedback: TransportFeedback, writer: ByteWriter): number {
  const { arrivals } = feedback;
  assert(arrivals.length > 0 && arrivals.length <= TRANSPORT_STATUSES_MAX, 'a feedback has 1 to 8192 statuses');
  writer.uint32(feedback.senderSsrc);
  writer.uint32(feedback.mediaSsrc);
  writer.uint16(feedback.baseSequence);
  writer.uint16(arrivals.length);
  writer.uint24(feedback.referenceTime);
  writer.uint8(feedback.feedbackCount);
  const steps: number[] = [];
  const symbols = new Uint8Array(arrivals.length);
  let previous = 0;
  arrivals.forEach((arrival, i) => {
    if (arrival === undefined) return;
    const step = arrival - previous;
    assert(step >= -0x8000 && step <= 0x7fff, 'an arrival step fits a large delta');
    symbols[i] = step >= 0 && step <= 0xff ? 1 : 2;
    steps.push(step);
    previous = arrival;
  });
  writeChunks(symbols, writer);
  for (const step of steps) {
    if (step >= 0 && step <= 0xff) writer.uint8(step);
    else writer.uint16(step);
  }
  return 15;
}

function parseChunks(body: ByteReader, count: number): Uint8Array | undefined {
  const symbols = new Uint8Array(count);
  let at = 0;
  while (at < count) {
    const chunk = body.uint16();
    if (body.failed) return undefined;
    if ((chunk & 0x8000) === 0) {
      const run = Math.min(chunk & RUN_MAX, count - at);
      if (run === 0) return undefined;
      symbols.fill((chunk >> 13) & 3, at, at + run);
      at += run;
    } else {
      const bits = (chunk & 0x4000) === 0 ? 1 : 2;
      for (let shift = 14 - bits; shift >= 0 && at < count; shift -= bits, at += 1) {
        symbols[at] = (chunk >> shift) & (bits === 1 ? 1 : 3);
      }
    }
  }
  return symbols;
}

function writeChunks(symbols: Uint8Array, writer: ByteWriter): void {
  for (let at = 0; at < symbols.length; ) {
    const run = runLength(symbols, at);
    if (run >= 14 || at + run === symbols.length || (run >= 7 && symbols[at] === 2)) {
      writer.uint16(((symbols[at] as number) << 13) | run);
      at += run;
      continue;
    }
    const oneBit = !symbols.subarray(at, at + 14).includes(2);
    const bits = oneBit ? 1 : 2;
    let chunk = oneBit ? 0x8000 : 0xc000;
    for (let shift = 14 - bits; shift >= 0 && at < symbols.length; shift -= bits, at += 1) {
      chunk |= (symbols[at] as number) << shift;
    }
    writer.uint16(chunk);
  }
}

function runLength(symbols: Uint8Array, at: number): number {
  const end = Math.min(symbols.length, at + RUN_MAX);
  let to = at + 1;
  while (to < end && symbols[to] === symbols[at]) to += 1;
  return to - at;
}
