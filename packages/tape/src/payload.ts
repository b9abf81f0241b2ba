// Payloads of entries: the binary frame layout is written by `batch.ts`; here is JSON for all other kinds,
// and the way back for both. Decoding never throws; what it cannot read is `undefined` and gets skipped.

import { type TrackId, ticks, unixUs } from '@roomtape/media';
import type { FrameEntry, TapeEntry } from './entry.ts';
import { FRAME_FIELDS_BYTES, FRAME_FLAG_KEY, getInt64 } from './format.ts';

/** Any kind but `frame`. */
export type JsonEntry = Exclude<TapeEntry, FrameEntry>;

/** Fields that must be there, by kind; a tape of a newer version may hold more fields and more kinds. */
const REQUIRED: Readonly<Record<JsonEntry['kind'], Readonly<Record<string, 'string' | 'number'>>>> = {
  'tape-opened': { at: 'number', tapeId: 'string', roomId: 'string', streamId: 'string', userId: 'string' },
  'track-added': { at: 'number', trackId: 'number', mediaKind: 'string', codec: 'string', clockRate: 'number' },
  'config-changed': { at: 'number', trackId: 'number', codecString: 'string' },
  'clock-anchor': { trackId: 'number', ticks: 'number', senderAt: 'number', arrivedAt: 'number' },
  gap: { reason: 'string', fromAt: 'number', toAt: 'number' },
  muted: { at: 'number', trackId: 'number' },
  unmuted: { at: 'number', trackId: 'number' },
  paused: { at: 'number' },
  resumed: { at: 'number' },
  'track-ended': { at: 'number', trackId: 'number', reason: 'string' },
  'tape-sealed': { at: 'number', reason: 'string' },
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Encodes an entry as JSON in UTF-8; bytes of `config` become base64. */
export function encodeJson(entry: JsonEntry): Uint8Array {
  if (entry.kind !== 'config-changed' || entry.config === undefined) return encoder.encode(JSON.stringify(entry));
  return encoder.encode(JSON.stringify({ ...entry, config: Buffer.from(entry.config).toString('base64') }));
}

/** What a JSON payload turned out to be. */
export type DecodedJson = { readonly entry?: JsonEntry; readonly kind: string };

/** Decodes a JSON payload; without `entry` when its kind is unknown or a required field is missing. */
export function decodeJson(payload: Uint8Array): DecodedJson {
  const value = parse(decoder.decode(payload));
  const kind = typeof value?.kind === 'string' ? value.kind : 'unreadable';
  if (value === undefined || !Object.hasOwn(REQUIRED, kind)) return { kind };
  const required = REQUIRED[kind as JsonEntry['kind']];
  for (const [field, type] of Object.entries(required)) {
    if (typeof value[field] !== type) return { kind };
  }
  if (kind === 'config-changed' && typeof value.config === 'string') {
    value.config = new Uint8Array(Buffer.from(value.config, 'base64'));
  }
  return { kind, entry: value as unknown as JsonEntry };
}

/** Decodes a frame payload; its data shares the memory of `bytes`. `undefined` when it is too short. */
export function decodeFrame(
  bytes: Uint8Array,
  view: DataView,
  place: { readonly offset: number; readonly payloadBytes: number },
): FrameEntry | undefined {
  const { offset, payloadBytes } = place;
  if (payloadBytes < FRAME_FIELDS_BYTES) return undefined;
  const trackId: TrackId = view.getUint32(offset, true);
  return {
    kind: 'frame',
    trackId,
    type: (view.getUint8(offset + 4) & FRAME_FLAG_KEY) === 0 ? 'delta' : 'key',
    pts: ticks(getInt64(view, offset + 8)),
    dts: ticks(getInt64(view, offset + 16)),
    arrivedAt: unixUs(getInt64(view, offset + 24)),
    data: bytes.subarray(offset + FRAME_FIELDS_BYTES, offset + payloadBytes),
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
