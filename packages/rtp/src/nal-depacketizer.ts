// The payload formats of H.264 (RFC 6184) and H.265 (RFC 7798), which differ in tables only: single NAL units,
// aggregation packets and fragmentation units become Annex B access units. Interleaved modes are not supported.

import { ANNEX_B_START_CODE, BitReader, concatBytes, readUint16, splitNals, unescapeNal } from '@roomtape/media';
import type { FrameDropReason } from './depacketizer.ts';
import { type AssembledFrame, KeyframeTracker, type PayloadFormat } from './video-depacketizer.ts';

/** What a NAL unit is good for. */
export type NalRole =
  /** A slice of an ordinary picture. */
  | 'slice'
  /** A slice of a picture decoding can start at. */
  | 'key-slice'
  /** A parameter set: VPS, SPS, PPS. */
  | 'parameter-set'
  /** An access unit delimiter: never kept. */
  | 'delimiter'
  /** Anything else an access unit may hold: kept. */
  | 'other'
  /** An aggregation packet, a fragmentation unit. */
  | 'aggregation'
  | 'fragment'
  /** A payload structure that was not negotiated. */
  | 'unsupported';

/** The tables in which H.264 and H.265 differ. */
export type NalSyntax = {
  readonly headerBytes: 1 | 2;
  readonly fragmentTypeMask: number;
  typeOf(header: number): number;
  roleOf(type: number): NalRole;
  /** Whether an access unit's first NAL unit may only be of this type: what comes first, comes from its start. */
  isOpening(type: number): boolean;
  /** Names a parameter set by kind and id, so that a new one replaces the old one. */
  parameterSetKey(nal: Uint8Array): number;
  /** Whether `type` is the set without which a keyframe needs those remembered. */
  isSequenceSet(type: number): boolean;
  /** Rebuilds a fragmented NAL unit's header from the payload. */
  fragmentHeader(payload: Uint8Array, type: number): Uint8Array;
};

const PARAMETER_SETS_MAX = 64;
const PARAMETER_SET_BYTES_MAX = 4096;

/** Collects the payloads of one access unit. */
export class NalFormat implements PayloadFormat {
  readonly references = new KeyframeTracker();
  readonly #syntax: NalSyntax;
  readonly #outOfBand: boolean;
  readonly #sets = new Map<number, Uint8Array>();
  /** Start codes, headers and views of payloads, in order. */
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;
  /** Type of the NAL unit whose fragments are coming. */
  #fragment: number | undefined;
  #hasPicture = false;
  #wholeFromFirstSlice = false;
  #key = false;
  #hasSequenceSet = false;

  constructor(syntax: NalSyntax, parameterSets?: Uint8Array) {
    this.#syntax = syntax;
    const sets = parameterSets === undefined ? [] : splitNals(parameterSets);
    this.#outOfBand = sets.length > 0;
    for (const set of sets) {
      if (syntax.roleOf(syntax.typeOf(set[0] ?? 0)) === 'parameter-set') this.#remember(set);
    }
  }

  get hasPicture(): boolean {
    return this.#hasPicture;
  }

  beginsFrame(payload: Uint8Array): boolean {
    const { headerBytes, typeOf, roleOf, isOpening, fragmentTypeMask } = this.#syntax;
    const type = typeOf(payload[0] ?? 0);
    const role = roleOf(type);
    if (role === 'aggregation') return isOpening(typeOf(payload[headerBytes + 2] ?? 0));
    const fragment = payload[headerBytes] ?? 0;
    if (role === 'fragment' && (fragment & 0x80) === 0) return false;
    const inner = role === 'fragment' ? fragment & fragmentTypeMask : type;
    if (isOpening(inner)) return true;
    // Where parameter sets come by signalling, a keyframe may open with its first slice.
    const slice = payload[headerBytes + (role === 'fragment' ? 1 : 0)] ?? 0;
    return this.#outOfBand && roleOf(inner) === 'key-slice' && (slice & 0x80) !== 0;
  }

  add(payload: Uint8Array): FrameDropReason | undefined {
    const header = payload[0] ?? 0;
    // The forbidden_zero_bit is how a network element marks bit errors (RFC 6184 §5.3).
    if ((header & 0x80) !== 0 || payload.length < this.#syntax.headerBytes) return 'malformed';
    const role = this.#syntax.roleOf(this.#syntax.typeOf(header));
    if (role === 'fragment') return this.#addFragment(payload);
    if (this.#fragment !== undefined) return 'malformed';
    if (role === 'aggregation') return this.#addAggregation(payload);
    return this.#addNal(payload);
  }

  finish(): AssembledFrame | FrameDropReason {
    if (this.#fragment !== undefined || !this.#wholeFromFirstSlice) return 'malformed';
    if (!this.#key || this.#hasSequenceSet) return { key: this.#key, data: this.#build([]) };
    const remembered = this.#rememberedSets();
    return remembered === undefined ? 'no-parameter-sets' : { key: true, data: this.#build(remembered) };
  }

  reset(): void {
    this.#parts.length = 0;
    this.#bytes = 0;
    this.#fragment = undefined;
    this.#hasPicture = false;
    this.#wholeFromFirstSlice = false;
    this.#key = false;
    this.#hasSequenceSet = false;
  }

  #addNal(nal: Uint8Array): FrameDropReason | undefined {
    const type = this.#syntax.typeOf(nal[0] ?? 0);
    const role = this.#syntax.roleOf(type);
    if (role === 'unsupported' || role === 'aggregation' || role === 'fragment')
      return role === 'unsupported' ? role : 'malformed';
    if (role === 'delimiter') return undefined;
    if (role === 'parameter-set') this.#remember(nal);
    this.#register(type, role, nal[this.#syntax.headerBytes] ?? 0);
    this.#part(ANNEX_B_START_CODE);
    this.#part(nal);
    return undefined;
  }

  #addAggregation(payload: Uint8Array): FrameDropReason | undefined {
    const { headerBytes } = this.#syntax;
    let at: number = headerBytes;
    while (at < payload.length) {
      const start = at + 2;
      const end = start + readUint16(payload, at);
      if (end > payload.length || end - start < headerBytes) return 'malformed';
      if (((payload[start] ?? 0) & 0x80) !== 0) return 'malformed';
      const damage = this.#addNal(payload.subarray(start, end));
      if (damage !== undefined) return damage;
      at = end;
    }
    return undefined;
  }

  #addFragment(payload: Uint8Array): FrameDropReason | undefined {
    const { headerBytes, fragmentTypeMask, roleOf } = this.#syntax;
    if (payload.length < headerBytes + 2) return 'malformed';
    const fragment = payload[headerBytes] ?? 0;
    const type = fragment & fragmentTypeMask;
    const starts = (fragment & 0x80) !== 0;
    if (starts ? this.#fragment !== undefined : this.#fragment !== type) return 'malformed';
    if (starts) {
      const role = roleOf(type);
      if (role === 'unsupported' || role === 'aggregation' || role === 'fragment') return 'malformed';
      this.#register(type, role, payload[headerBytes + 1] ?? 0);
      this.#part(ANNEX_B_START_CODE);
      this.#part(this.#syntax.fragmentHeader(payload, type));
    }
    this.#part(payload.subarray(headerBytes + 1));
    this.#fragment = (fragment & 0x40) !== 0 ? undefined : type;
    return undefined;
  }

  /** `first` is the byte after the NAL header; in a slice its top bit says that the picture starts here. */
  #register(type: number, role: NalRole, first: number): void {
    if (role === 'slice' || role === 'key-slice') {
      if (!this.#hasPicture) this.#wholeFromFirstSlice = (first & 0x80) !== 0;
      this.#hasPicture = true;
      if (role === 'key-slice') this.#key = true;
    }
    if (this.#syntax.isSequenceSet(type)) this.#hasSequenceSet = true;
  }

  #part(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  #remember(set: Uint8Array): void {
    if (set.length > PARAMETER_SET_BYTES_MAX) return;
    const key = this.#syntax.parameterSetKey(set);
    if (!this.#sets.has(key) && this.#sets.size >= PARAMETER_SETS_MAX) this.#sets.clear();
    this.#sets.set(key, set.slice());
  }

  /** The remembered sets by kind, as parts; `undefined` without a sequence parameter set. */
  #rememberedSets(): Uint8Array[] | undefined {
    const keys = [...this.#sets.keys()].sort((a, b) => a - b);
    const sets = keys.map((key) => this.#sets.get(key) ?? new Uint8Array(0));
    if (!sets.some((set) => this.#syntax.isSequenceSet(this.#syntax.typeOf(set[0] ?? 0)))) return undefined;
    return sets.flatMap((set) => [ANNEX_B_START_CODE, set]);
  }

  #build(before: readonly Uint8Array[]): Uint8Array {
    if (before.length > 0) return concatBytes([...before, ...this.#parts]);
    const data = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      // Fresh memory is zero: of a start code only the last byte needs writing.
      if (part === ANNEX_B_START_CODE) data[at + 3] = 1;
      else data.set(part, at);
      at += part.length;
    }
    return data;
  }
}

/** Reads the exp-Golomb id a parameter set has `headerBytes` into it. */
export function parameterSetId(nal: Uint8Array, headerBytes: number): number {
  return Math.min(new BitReader(unescapeNal(nal, 16), headerBytes).ue(), 255);
}
