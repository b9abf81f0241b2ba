// RTCP feedback as plain data: NACK and PLI (RFC 4585 §6.2.1, §6.3.1), FIR (RFC 5104 §4.3.1), REMB
// (draft-alvestrand-rmcat-remb-03). When to send them is decided elsewhere.

import type { ByteReader, ByteWriter } from './byte-cursor.ts';

/** Asks for packets to be sent again (RFC 4585 §6.2.1). */
export type Nack = {
  readonly kind: 'nack';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** 16-bit sequence numbers, in the order asked for. */
  readonly sequences: readonly number[];
};

/** Says that pictures were lost: a keyframe is wanted (RFC 4585 §6.3.1). */
export type PictureLoss = {
  readonly kind: 'picture-loss';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
};

/** Commands a keyframe (RFC 5104 §4.3.1). A repeated command number is the same request. */
export type FullIntraRequest = {
  readonly kind: 'full-intra-request';
  readonly senderSsrc: number;
  readonly entries: readonly { readonly ssrc: number; readonly commandSequence: number }[];
};

/** Receiver-estimated maximum bitrate (draft-alvestrand-rmcat-remb-03 §2). */
export type BitrateEstimate = {
  readonly kind: 'bitrate-estimate';
  readonly senderSsrc: number;
  /** Written with an 18-bit mantissa, rounded down. */
  readonly bitrateBps: number;
  readonly ssrcs: readonly number[];
};

/** Any of the feedback kinds of this file. */
export type Feedback = Nack | PictureLoss | FullIntraRequest | BitrateEstimate;

const REMB_NAME = 0x52454d42;

/** Reads a feedback body after its first word; `undefined` for formats this file does not know. */
export function parseFeedback(body: ByteReader, type: number, format: number): Feedback | undefined {
  const senderSsrc = body.uint32();
  const mediaSsrc = body.uint32();
  if (body.failed) return undefined;
  if (type === 205) return format === 1 ? parseNack(body, senderSsrc, mediaSsrc) : undefined;
  if (format === 1) return { kind: 'picture-loss', senderSsrc, mediaSsrc };
  if (format === 4) return parseFullIntraRequest(body, senderSsrc);
  return format === 15 ? parseBitrateEstimate(body, senderSsrc) : undefined;
}

/** Writes a NACK's body, packing neighbours into one item; returns its format. */
export function writeNack(nack: Nack, writer: ByteWriter): number {
  writer.uint32(nack.senderSsrc);
  writer.uint32(nack.mediaSsrc);
  const { sequences } = nack;
  for (let i = 0; i < sequences.length; ) {
    const base = (sequences[i] as number) & 0xffff;
    let mask = 0;
    for (i += 1; i < sequences.length; i += 1) {
      const ahead = ((sequences[i] as number) - base) & 0xffff;
      if (ahead < 1 || ahead > 16) break;
      mask |= 1 << (ahead - 1);
    }
    writer.uint16(base);
    writer.uint16(mask);
  }
  return 1;
}

/** Writes a PLI's body; returns its format. */
export function writePictureLoss(loss: PictureLoss, writer: ByteWriter): number {
  writer.uint32(loss.senderSsrc);
  writer.uint32(loss.mediaSsrc);
  return 1;
}

/** Writes a FIR's body; returns its format. */
export function writeFullIntraRequest(request: FullIntraRequest, writer: ByteWriter): number {
  writer.uint32(request.senderSsrc);
  writer.uint32(0);
  for (const { ssrc, commandSequence } of request.entries) {
    writer.uint32(ssrc);
    writer.uint8(commandSequence);
    writer.uint24(0);
  }
  return 4;
}

/** Writes a REMB's body; returns its format. */
export function writeBitrateEstimate(estimate: BitrateEstimate, writer: ByteWriter): number {
  writer.uint32(estimate.senderSsrc);
  writer.uint32(0);
  writer.uint32(REMB_NAME);
  let exponent = 0;
  let mantissa = Math.max(0, Math.floor(estimate.bitrateBps));
  while (mantissa > 0x3ffff && exponent < 63) {
    mantissa = Math.floor(mantissa / 2);
    exponent += 1;
  }
  writer.uint8(estimate.ssrcs.length);
  writer.uint24((exponent << 18) | mantissa);
  for (const ssrc of estimate.ssrcs) writer.uint32(ssrc);
  return 15;
}

function parseNack(body: ByteReader, senderSsrc: number, mediaSsrc: number): Nack {
  const sequences: number[] = [];
  while (body.left >= 4) {
    const base = body.uint16();
    const mask = body.uint16();
    sequences.push(base);
    for (let bit = 0; bit < 16; bit += 1) {
      if ((mask & (1 << bit)) !== 0) sequences.push((base + bit + 1) & 0xffff);
    }
  }
  return { kind: 'nack', senderSsrc, mediaSsrc, sequences };
}

function parseFullIntraRequest(body: ByteReader, senderSsrc: number): FullIntraRequest {
  const entries: { ssrc: number; commandSequence: number }[] = [];
  while (body.left >= 8) {
    const ssrc = body.uint32();
    entries.push({ ssrc, commandSequence: body.uint8() });
    body.skip(3);
  }
  return { kind: 'full-intra-request', senderSsrc, entries };
}

function parseBitrateEstimate(body: ByteReader, senderSsrc: number): BitrateEstimate | undefined {
  if (body.uint32() !== REMB_NAME) return undefined;
  const count = body.uint8();
  const rate = body.uint24();
  const ssrcs: number[] = [];
  for (let i = 0; i < count && !body.failed; i += 1) ssrcs.push(body.uint32());
  if (body.failed) return undefined;
  return { kind: 'bitrate-estimate', senderSsrc, bitrateBps: (rate & 0x3ffff) * 2 ** (rate >>> 18), ssrcs };
}
