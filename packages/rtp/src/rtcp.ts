// RTCP as plain data: parse and write compound packets (RFC 3550 §6, RFC 4585, RFC 5104, REMB, transport-wide
// feedback). Keeps no state, decides nothing. The bodies of each kind are read and written in `rtcp-*.ts`.

import { assert } from '@roomtape/media';
import { ByteReader, ByteWriter } from './byte-cursor.ts';
import {
  type BitrateEstimate,
  type FullIntraRequest,
  type Nack,
  type PictureLoss,
  parseFeedback,
  writeBitrateEstimate,
  writeFullIntraRequest,
  writeNack,
  writePictureLoss,
} from './rtcp-feedback.ts';
import {
  type Goodbye,
  parseGoodbye,
  parseReceiverReport,
  parseSenderReport,
  parseSourceDescription,
  type ReceiverReport,
  type SenderReport,
  type SourceDescription,
  writeGoodbye,
  writeReceiverReport,
  writeSenderReport,
  writeSourceDescription,
} from './rtcp-report.ts';
import { parseTransportFeedback, type TransportFeedback, writeTransportFeedback } from './rtcp-transport-feedback.ts';

/** One packet of a compound RTCP packet. Kinds not listed (APP, XR, unknown formats) are skipped when parsing. */
export type RtcpPacket =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Goodbye
  | Nack
  | PictureLoss
  | FullIntraRequest
  | BitrateEstimate
  | TransportFeedback;

/** Packets of one compound that are looked at; the rest is ignored. */
export const RTCP_PACKETS_MAX = 64;

/** Most of what we send is shorter; the writer grows for the rest. */
const CAPACITY_BYTES = 128;

/**
 * Parses a compound RTCP packet (RFC 3550 §6.1; reduced-size RFC 5506 accepted). Packets that are malformed
 * inside are skipped; `undefined` when the chain of lengths does not fit. Never throws. Reason strings and
 * lists are copies; nothing refers to `bytes` afterwards.
 */
export function parseRtcp(bytes: Uint8Array): RtcpPacket[] | undefined {
  const packets: RtcpPacket[] = [];
  let at = 0;
  for (let seen = 0; at < bytes.length && seen < RTCP_PACKETS_MAX; seen += 1) {
    if (at + 4 > bytes.length) return undefined;
    const head = bytes[at] as number;
    const end = at + 4 + (((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) * 4;
    if (head >> 6 !== 2 || end > bytes.length) return undefined;
    const padding = (head & 0x20) === 0 ? 0 : (bytes[end - 1] as number);
    if (at + 4 + padding > end) return undefined;
    const body = new ByteReader(bytes, at + 4, end - padding);
    const packet = parseOne(bytes[at + 1] as number, head & 31, body);
    if (packet !== undefined) packets.push(packet);
    at = end;
  }
  return packets;
}

/**
 * Writes packets as one compound, in the order given. Lists longer than their field can count are an
 * assertion; the result may exceed an MTU when the input does.
 */
export function writeRtcp(packets: readonly RtcpPacket[]): Uint8Array {
  const writer = new ByteWriter(CAPACITY_BYTES);
  for (const packet of packets) {
    const start = writer.length;
    writer.uint32(0);
    const head = writeBody(packet, writer);
    const padding = -(writer.length - start) & 3;
    for (let i = 1; i <= padding; i += 1) writer.uint8(i === padding ? padding : 0);
    const words = (writer.length - start) / 4 - 1;
    assert(head.format <= 31 && words <= 0xffff, 'an RTCP packet fits its count and length fields');
    writer.patchUint32(start, ((0x80 | (padding > 0 ? 0x20 : 0) | head.format) << 24) | (head.type << 16) | words);
  }
  return writer.bytes();
}

function parseOne(type: number, format: number, body: ByteReader): RtcpPacket | undefined {
  switch (type) {
    case 200:
      return parseSenderReport(body, format);
    case 201:
      return parseReceiverReport(body, format);
    case 202:
      return parseSourceDescription(body, format);
    case 203:
      return parseGoodbye(body, format);
    case 205:
      return format === 15 ? parseTransportFeedback(body) : parseFeedback(body, type, format);
    case 206:
      return parseFeedback(body, type, format);
    default:
      return undefined;
  }
}

function writeBody(packet: RtcpPacket, writer: ByteWriter): { type: number; format: number } {
  switch (packet.kind) {
    case 'sender-report':
      return { type: 200, format: writeSenderReport(packet, writer) };
    case 'receiver-report':
      return { type: 201, format: writeReceiverReport(packet, writer) };
    case 'source-description':
      return { type: 202, format: writeSourceDescription(packet, writer) };
    case 'goodbye':
      return { type: 203, format: writeGoodbye(packet, writer) };
    case 'nack':
      return { type: 205, format: writeNack(packet, writer) };
    case 'transport-feedback':
      return { type: 205, format: writeTransportFeedback(packet, writer) };
    case 'picture-loss':
      return { type: 206, format: writePictureLoss(packet, writer) };
    case 'full-intra-request':
      return { type: 206, format: writeFullIntraRequest(packet, writer) };
    case 'bitrate-estimate':
      return { type: 206, format: writeBitrateEstimate(packet, writer) };
  }
}
