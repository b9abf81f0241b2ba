// RTCP reports of RFC 3550 §6.4 to §6.6 as plain data: SR, RR, SDES, BYE. Numbers as on the wire; meaning is
// given to them by `sender-clock.ts` and `reception-stats.ts`.

import { assert } from '@roomtape/media';
import type { ByteReader, ByteWriter } from './byte-cursor.ts';

/** One reception report block (RFC 3550 §6.4.1). */
export type ReportBlock = {
  /** The stream reported on. */
  readonly ssrc: number;
  /** Share of packets lost since the last report, in 1/256. */
  readonly fractionLost: number;
  /** Signed 24 bits. */
  readonly cumulativeLost: number;
  /** Cycles in the upper, sequence in the lower 16 bits. */
  readonly highestSequence: number;
  /** In ticks of the stream's clock. */
  readonly jitter: number;
  /** Middle 32 bits of the NTP time of the last sender report, 0 when none came. */
  readonly lastSenderReport: number;
  /** Delay since that report in 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
};

/** A sender report (RFC 3550 §6.4.1). */
export type SenderReport = {
  readonly kind: 'sender-report';
  readonly ssrc: number;
  readonly ntpSeconds: number;
  readonly ntpFraction: number;
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
  readonly reports: readonly ReportBlock[];
};

/** A receiver report (RFC 3550 §6.4.2). */
export type ReceiverReport = {
  readonly kind: 'receiver-report';
  readonly ssrc: number;
  readonly reports: readonly ReportBlock[];
};

/** A source description (RFC 3550 §6.5); only the canonical name is kept. */
export type SourceDescription = {
  readonly kind: 'source-description';
  readonly chunks: readonly { readonly ssrc: number; readonly cname: string | undefined }[];
};

/** A goodbye (RFC 3550 §6.6). */
export type Goodbye = {
  readonly kind: 'goodbye';
  readonly ssrcs: readonly number[];
  readonly reason?: string;
};

/** Reads the body of an SR after its first word. */
export function parseSenderReport(body: ByteReader, count: number): SenderReport | undefined {
  const ssrc = body.uint32();
  const ntpSeconds = body.uint32();
  const ntpFraction = body.uint32();
  const rtpTimestamp = body.uint32();
  const packetCount = body.uint32();
  const octetCount = body.uint32();
  const reports = parseBlocks(body, count);
  if (reports === undefined) return undefined;
  return { kind: 'sender-report', ssrc, ntpSeconds, ntpFraction, rtpTimestamp, packetCount, octetCount, reports };
}

/** Reads the body of an RR after its first word. */
export function parseReceiverReport(body: ByteReader, count: number): ReceiverReport | undefined {
  const ssrc = body.uint32();
  const reports = parseBlocks(body, count);
  return reports === undefined ? undefined : { kind: 'receiver-report', ssrc, reports };
}

/** Reads the body of an SDES after its first word. */
export function parseSourceDescription(body: ByteReader, count: number): SourceDescription | undefined {
  const chunks: { ssrc: number; cname: string | undefined }[] = [];
  for (let i = 0; i < count; i += 1) {
    const ssrc = body.uint32();
    const cname = parseItems(body);
    if (body.failed) return undefined;
    chunks.push({ ssrc, cname });
  }
  return { kind: 'source-description', chunks };
}

/** Reads the body of a BYE after its first word. */
export function parseGoodbye(body: ByteReader, count: number): Goodbye | undefined {
  const ssrcs: number[] = [];
  for (let i = 0; i < count; i += 1) ssrcs.push(body.uint32());
  if (body.failed) return undefined;
  if (body.left === 0) return { kind: 'goodbye', ssrcs };
  const reason = body.text(body.uint8());
  return body.failed ? undefined : { kind: 'goodbye', ssrcs, reason };
}

/** Writes an SR's body; returns its count field. */
export function writeSenderReport(report: SenderReport, writer: ByteWriter): number {
  writer.uint32(report.ssrc);
  writer.uint32(report.ntpSeconds);
  writer.uint32(report.ntpFraction);
  writer.uint32(report.rtpTimestamp);
  writer.uint32(report.packetCount);
  writer.uint32(report.octetCount);
  for (const block of report.reports) writeBlock(block, writer);
  return report.reports.length;
}

/** Writes an RR's body; returns its count field. */
export function writeReceiverReport(report: ReceiverReport, writer: ByteWriter): number {
  writer.uint32(report.ssrc);
  for (const block of report.reports) writeBlock(block, writer);
  return report.reports.length;
}

/** Writes an SDES's body; returns its count field. */
export function writeSourceDescription(description: SourceDescription, writer: ByteWriter): number {
  for (const { ssrc, cname } of description.chunks) {
    const start = writer.length;
    writer.uint32(ssrc);
    if (cname !== undefined) {
      const text = new TextEncoder().encode(cname);
      assert(text.length <= 255, 'a CNAME is at most 255 bytes');
      writer.uint8(1);
      writer.uint8(text.length);
      writer.append(text);
    }
    // The item list ends with at least one zero and fills its word (RFC 3550 §6.5).
    do writer.uint8(0);
    while (((writer.length - start) & 3) !== 0);
  }
  return description.chunks.length;
}

/** Writes a BYE's body; returns its count field. */
export function writeGoodbye(goodbye: Goodbye, writer: ByteWriter): number {
  for (const ssrc of goodbye.ssrcs) writer.uint32(ssrc);
  if (goodbye.reason !== undefined) {
    const text = new TextEncoder().encode(goodbye.reason);
    assert(text.length <= 255, 'a goodbye reason is at most 255 bytes');
    writer.uint8(text.length);
    writer.append(text);
    // Filled with zeros, not RTCP padding (RFC 3550 §6.6); packets start on word boundaries.
    while ((writer.length & 3) !== 0) writer.uint8(0);
  }
  return goodbye.ssrcs.length;
}

function parseBlocks(body: ByteReader, count: number): ReportBlock[] | undefined {
  const blocks: ReportBlock[] = [];
  for (let i = 0; i < count && !body.failed; i += 1) {
    blocks.push({
      ssrc: body.uint32(),
      fractionLost: body.uint8(),
      cumulativeLost: (body.uint24() << 8) >> 8,
      highestSequence: body.uint32(),
      jitter: body.uint32(),
      lastSenderReport: body.uint32(),
      delaySinceLastSenderReport: body.uint32(),
    });
  }
  return body.failed ? undefined : blocks;
}

function writeBlock(block: ReportBlock, writer: ByteWriter): void {
  writer.uint32(block.ssrc);
  writer.uint8(block.fractionLost);
  writer.uint24(block.cumulativeLost);
  writer.uint32(block.highestSequence);
  writer.uint32(block.jitter);
  writer.uint32(block.lastSenderReport);
  writer.uint32(block.delaySinceLastSenderReport);
}

/** Reads one chunk's items up to its end and alignment; returns the CNAME. */
function parseItems(body: ByteReader): string | undefined {
  const start = body.left;
  let cname: string | undefined;
  while (!body.failed) {
    const type = body.uint8();
    if (type === 0) break;
    const length = body.uint8();
    if (type === 1) cname = body.text(length);
    else body.skip(length);
  }
  const used = start - body.left;
  body.skip(Math.min(-used & 3, body.left));
  return cname;
}
