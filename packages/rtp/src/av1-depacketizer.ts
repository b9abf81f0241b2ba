// AV1 on RTP (RTP payload format for AV1, v1.0): OBU elements, whole or in fragments, become one temporal unit in
// normal form. Knows nothing of the dependency descriptor: after a loss it waits for a keyframe.

import {
  av1HeaderBytes,
  av1ObuType,
  concatBytes,
  isAv1Keyframe,
  isAv1ObuKept,
  leb128Bytes,
  readLeb128,
  writeLeb128,
} from '@roomtape/media';
import type { FrameDropReason } from './depacketizer.ts';
import { type AssembledFrame, KeyframeTracker, type PayloadFormat } from './video-depacketizer.ts';

/** Makes the AV1 payload format. */
export function createAv1Format(): PayloadFormat {
  return new Av1Format();
}

/** An OBU split into header and payload, as it will be written. */
type PlannedObu = {
  readonly header: number;
  readonly extension: number | undefined;
  readonly parts: readonly Uint8Array[];
  readonly payloadBytes: number;
};

/** Elements of one packet; more than any encoder makes, fewer than an attacker would like. */
const ELEMENTS_MAX = 4096;

class Av1Format implements PayloadFormat {
  readonly references = new KeyframeTracker();
  /** The fragments of each OBU element of the temporal unit. */
  readonly #elements: Uint8Array[][] = [];
  /** Whether the last element goes on in the next packet. */
  #continues = false;

  get hasPicture(): boolean {
    return this.#elements.length > 0;
  }

  /** Only a new coded video sequence is known to start a temporal unit (N = 1, §4.4). */
  beginsFrame(payload: Uint8Array): boolean {
    return ((payload[0] ?? 0) & 0x88) === 0x08;
  }

  add(payload: Uint8Array): FrameDropReason | undefined {
    const aggregation = payload[0] ?? 0;
    const continued = (aggregation & 0x80) !== 0;
    const count = (aggregation >>> 4) & 3;
    if (continued !== this.#continues || payload.length < 2) return 'malformed';
    let at = 1;
    for (let element = 0; at < payload.length; element += 1) {
      if (this.#elements.length >= ELEMENTS_MAX || (count > 0 && element >= count)) return 'malformed';
      let bytes = payload.length - at;
      if (count === 0 || element < count - 1) {
        const size = readLeb128(payload, at);
        if (size === undefined) return 'malformed';
        at += size.bytes;
        bytes = size.value;
      }
      if (at + bytes > payload.length) return 'malformed';
      const part = payload.subarray(at, at + bytes);
      if (element === 0 && continued) this.#elements.at(-1)?.push(part);
      else this.#elements.push([part]);
      at += bytes;
    }
    this.#continues = (aggregation & 0x40) !== 0;
    return undefined;
  }

  finish(): AssembledFrame | FrameDropReason {
    if (this.#continues) return 'malformed';
    const obus: PlannedObu[] = [];
    for (const element of this.#elements) {
      const obu = planObu(element);
      if (obu === undefined) return 'malformed';
      if (isAv1ObuKept(av1ObuType(obu.header))) obus.push(obu);
    }
    if (obus.length === 0) return 'malformed';
    const data = writeObus(obus);
    return { key: isAv1Keyframe(data), data };
  }

  reset(): void {
    this.#elements.length = 0;
    this.#continues = false;
  }
}

/** Reads an element's OBU header, and its size field where the sender kept it; `undefined` when damaged. */
function planObu(element: readonly Uint8Array[]): PlannedObu | undefined {
  // Header and size field take at most 10 bytes; a sender that breaks up even these pays for a copy.
  const whole = element.length === 1 || (element[0]?.length ?? 0) >= 10 ? element : [concatBytes(element)];
  const first = whole[0] ?? new Uint8Array(0);
  const header = first[0];
  if (header === undefined || (header & 0x80) !== 0) return undefined;
  let payloadStart = av1HeaderBytes(header);
  if (first.length < payloadStart) return undefined;
  const extension = payloadStart === 2 ? first[1] : undefined;
  const size = (header & 0x02) !== 0 ? readLeb128(first, payloadStart) : undefined;
  if ((header & 0x02) !== 0) {
    if (size === undefined) return undefined;
    payloadStart += size.bytes;
  }
  let payloadBytes = -payloadStart;
  for (const part of whole) payloadBytes += part.length;
  if (size !== undefined && size.value !== payloadBytes) return undefined;
  return { header: header | 0x02, extension, parts: [first.subarray(payloadStart), ...whole.slice(1)], payloadBytes };
}

function writeObus(obus: readonly PlannedObu[]): Uint8Array {
  let total = 0;
  for (const { extension, payloadBytes } of obus)
    total += (extension === undefined ? 1 : 2) + leb128Bytes(payloadBytes) + payloadBytes;
  const data = new Uint8Array(total);
  let at = 0;
  for (const obu of obus) {
    data[at] = obu.header;
    at += 1;
    if (obu.extension !== undefined) {
      data[at] = obu.extension;
      at += 1;
    }
    at = writeLeb128(data, at, obu.payloadBytes);
    for (const part of obu.parts) {
      data.set(part, at);
      at += part.length;
    }
  }
  return data;
}
