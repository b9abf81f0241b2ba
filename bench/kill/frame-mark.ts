// A mark in each video frame: its number and when it was sent, as an SEI message of user data (H.264 D.2.7)
// that every part of the way has to carry along. So a frame is recognised in a tape and in a file without
// decoding, whatever wrote it.

import { ANNEX_B_START_CODE, concatBytes, H264_NAL, h264NalType, splitNals } from '@roomtape/media';

/** What a mark says: frames count from 0; `sentAt` is wall time, µs. */
export type FrameMark = { readonly number: number; readonly sentAt: number };

const NAME = 'roomtape-bench-k';
const PATTERN = new RegExp(`${NAME}f(\\d{12})t(\\d{17})`, 'g');
const SEI_USER_DATA = 5;

/** Puts a mark before the first slice of an Annex B frame. Digits only: nothing needs escaping. */
export function markFrame(frame: Uint8Array, mark: FrameMark): Uint8Array {
  const text = `${NAME}f${String(mark.number).padStart(12, '0')}t${String(mark.sentAt).padStart(17, '0')}`;
  const body = new TextEncoder().encode(text);
  const sei = Uint8Array.of(H264_NAL.sei, SEI_USER_DATA, body.length, ...body, 0x80);
  const nals = splitNals(frame);
  const slice = nals.findIndex((nal) => isSlice(h264NalType(nal[0] ?? 0)));
  const all = nals.toSpliced(slice < 0 ? nals.length : slice, 0, sei);
  return concatBytes(all.flatMap((nal) => [ANNEX_B_START_CODE, nal]));
}

/** All marks in some bytes, in order: of a frame, or of a whole H.264 stream. */
export function readMarks(bytes: Uint8Array): FrameMark[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return Array.from(text.matchAll(PATTERN), (match) => ({ number: Number(match[1]), sentAt: Number(match[2]) }));
}

function isSlice(type: number): boolean {
  return type === H264_NAL.slice || type === H264_NAL.idr;
}
