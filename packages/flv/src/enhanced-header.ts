// The part of an enhanced body that audio and video share (Enhanced RTMP v2, "ExVideoTagHeader", "ExAudioTagHeader"):
// modifiers, several tracks, FourCCs.

import { readUint16, readUint24 } from '@roomtape/media';

/** Packet types of both tables that matter here. */
export const EX_PACKET = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  /** Video only: coded frames without a composition time. */
  codedFramesX: 3,
  /** Video only. */
  metadata: 4,
} as const;
const MOD_EX = 7;
const MULTITRACK: Readonly<Record<'video' | 'audio', number>> = { video: 6, audio: 5 };
const MANY_TRACKS_MANY_CODECS = 2;
const ONE_TRACK = 0;

/** One track's part of an enhanced body. */
export type ExPart = {
  readonly packetType: number;
  readonly fourCc: string;
  readonly trackId: number;
  readonly offsetNs: number;
  /** What follows the header, a view. */
  readonly data: Uint8Array;
};

/** Reads the parts of an enhanced body after its first byte; empty when it is damaged. */
export function readExParts(body: Uint8Array, media: 'video' | 'audio'): readonly ExPart[] {
  const head = readModifiers(body);
  if (head === undefined) return [];
  if (head.packetType !== MULTITRACK[media]) {
    const part = { ...head, trackId: 0, fourCc: fourCcAt(body, head.at), data: body.subarray(head.at + 4) };
    return head.at + 4 > body.length ? [] : [part];
  }
  return readTracks(body, head);
}

/** Reads a FourCC; bytes past the end read as NUL. */
export function fourCcAt(data: Uint8Array, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => data[at + i] ?? 0));
}

/** Writes a FourCC. */
export function writeFourCc(data: Uint8Array, at: number, fourCc: string): void {
  for (let i = 0; i < 4; i += 1) data[at + i] = fourCc.charCodeAt(i);
}

type Head = { readonly packetType: number; readonly offsetNs: number; readonly at: number };

function readModifiers(body: Uint8Array): Head | undefined {
  let packetType = (body[0] ?? 0) & 0x0f;
  let offsetNs = 0;
  let at = 1;
  while (packetType === MOD_EX) {
    let size = (body[at] ?? 0) + 1;
    at += 1;
    if (size === 256) {
      size = readUint16(body, at) + 1;
      at += 2;
    }
    const kind = body[at + size];
    if (kind === undefined) return undefined;
    if (kind >>> 4 === 0 && size >= 3) offsetNs = readUint24(body, at);
    packetType = kind & 0x0f;
    at += size + 1;
  }
  return at > body.length ? undefined : { packetType, offsetNs, at };
}

function readTracks(body: Uint8Array, head: Head): readonly ExPart[] {
  const kind = (body[head.at] ?? 0) >>> 4;
  const packetType = (body[head.at] ?? 0) & 0x0f;
  const isShared = kind !== MANY_TRACKS_MANY_CODECS;
  const shared = fourCcAt(body, head.at + 1);
  const parts: ExPart[] = [];
  let at = head.at + (isShared ? 5 : 1);
  while (at < body.length) {
    const fourCc = isShared ? shared : fourCcAt(body, at);
    const idAt = isShared ? at : at + 4;
    const from = idAt + (kind === ONE_TRACK ? 1 : 4);
    const length = kind === ONE_TRACK ? body.length - from : readUint24(body, idAt + 1);
    if (from > body.length || length > body.length - from) return [];
    const data = body.subarray(from, from + length);
    parts.push({ packetType, fourCc, trackId: body[idAt] ?? 0, offsetNs: head.offsetNs, data });
    at = from + length;
  }
  return parts;
}
