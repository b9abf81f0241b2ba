// The Annex B byte stream of H.264 and H.265: NAL units behind start codes. Looks at framing only, never at what
// a NAL unit says.

/** The 4-byte start code every NAL unit of a frame's data is written behind. */
export const ANNEX_B_START_CODE: Uint8Array = new Uint8Array([0, 0, 0, 1]);

/** Called for each NAL unit with its byte range, start code excluded; return `false` to stop. */
export type NalVisitor = (start: number, end: number) => boolean | undefined;

/**
 * Visits the NAL units of Annex B data in order. Accepts 3- and 4-byte start codes, ignores bytes before the
 * first, trims the zero bytes that may follow a NAL unit (H.264 §B.1) and skips empty ones.
 */
export function visitNals(data: Uint8Array, visit: NalVisitor): void {
  let start = nextStartCode(data, 0);
  while (start < data.length) {
    const next = nextStartCode(data, start);
    let end = next < data.length || endsInStartCode(data, next) ? next - 3 : next;
    while (end > start && data[end - 1] === 0) end -= 1;
    if (end > start && visit(start, end) === false) return;
    start = next;
  }
}

/** Lists the NAL units of Annex B data as views into it, start codes excluded. */
export function splitNals(data: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  visitNals(data, (start, end) => {
    nals.push(data.subarray(start, end));
    return true;
  });
  return nals;
}

/** Joins NAL units to new Annex B data with 4-byte start codes. */
export function joinNals(nals: readonly Uint8Array[]): Uint8Array {
  let total = 0;
  for (const nal of nals) total += 4 + nal.length;
  const data = new Uint8Array(total);
  let at = 0;
  for (const nal of nals) {
    data[at + 3] = 1;
    data.set(nal, at + 4);
    at += 4 + nal.length;
  }
  return data;
}

/**
 * Removes the emulation prevention bytes of a NAL unit (H.264 §7.4.1) and returns its first `bytesMax` bytes,
 * header included, as a copy: all a parameter set or slice header needs, however long the NAL unit.
 */
export function unescapeNal(nal: Uint8Array, bytesMax: number): Uint8Array {
  const rbsp = new Uint8Array(Math.min(nal.length, bytesMax));
  let length = 0;
  let zeros = 0;
  for (let i = 0; i < nal.length && length < rbsp.length; i += 1) {
    const byte = nal[i] ?? 0;
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    rbsp[length] = byte;
    length += 1;
  }
  return rbsp.subarray(0, length);
}

/** Returns the offset after the next 00 00 01 at or after `from`, or the length of the data when there is none. */
function nextStartCode(data: Uint8Array, from: number): number {
  // `i` is where the 01 would stand: two of three positions are skipped on ordinary bytes.
  let i = from + 2;
  const length = data.length;
  while (i < length) {
    const byte = data[i] ?? 0;
    if (byte > 1) i += 3;
    else if (byte === 0) i += 1;
    else if (data[i - 1] === 0 && data[i - 2] === 0) return i + 1;
    else i += 3;
  }
  return length;
}

function endsInStartCode(data: Uint8Array, end: number): boolean {
  return end >= 3 && data[end - 1] === 1 && data[end - 2] === 0 && data[end - 3] === 0;
}
