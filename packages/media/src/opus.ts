// Opus packet facts (RFC 6716 §3) and the OpusHead header (RFC 7845 §5.1). Reads framing only, decodes no sound.

/** What the framing of one Opus packet says. Durations are in ticks of 48 kHz, Opus's own clock. */
export type OpusPacket = {
  readonly frames: number;
  readonly frameTicks: number;
  readonly durationTicks: number;
  readonly stereo: boolean;
  /** Whether no frame carries more than a byte: what an encoder sends while it transmits no sound (DTX). */
  readonly dtx: boolean;
};

/** Ticks per second of Opus on RTP (RFC 7587 §4.1) and in files (RFC 7845 §4), whatever the input rate was. */
export const OPUS_CLOCK_RATE = 48_000;

const SILK_TICKS = [480, 960, 1920, 2880] as const;
const CELT_TICKS = [120, 240, 480, 960] as const;
/** A packet holds at most 120 ms (RFC 6716 §3.2.5). */
const PACKET_TICKS_MAX = 5760;
/** A frame holds at most 1275 bytes (RFC 6716 §3.2.1). */
const FRAME_BYTES_MAX = 1275;

/** Reads the framing of an Opus packet and checks it by RFC 6716 §3.4; `undefined` when malformed. */
export function parseOpusPacket(packet: Uint8Array): OpusPacket | undefined {
  const toc = packet[0];
  if (toc === undefined) return undefined;
  const frameTicks = frameTicksOf(toc >>> 3);
  const framing = readFraming(packet, toc & 3);
  if (framing === undefined || framing.frames * frameTicks > PACKET_TICKS_MAX) return undefined;
  const { frames, largestBytes } = framing;
  if (largestBytes > FRAME_BYTES_MAX) return undefined;
  const stereo = (toc & 4) !== 0;
  return { frames, frameTicks, durationTicks: frames * frameTicks, stereo, dtx: largestBytes <= 1 };
}

/** Returns how long an Opus packet plays, in ticks of 48 kHz; `undefined` when it is malformed. */
export function opusDurationTicks(packet: Uint8Array): number | undefined {
  return parseOpusPacket(packet)?.durationTicks;
}

/** The longest loss of sound that is guessed, µs: a decoder's guess is nearly silent beyond it. */
export const OPUS_GUESS_US_MAX = 100_000;

/** A packet that stands for a lost one, and how long it plays, ticks of 48 kHz. */
export type OpusFiller = { readonly data: Uint8Array; readonly durationTicks: number };

/**
 * Makes what stands for a packet lost after another one: one frame of its kind without bytes, at which a decoder goes on
 * from what it last heard (RFC 6716 §3.2.1). `undefined` after a packet in which the sender says that it stops sending
 * (DTX), and after a malformed one.
 */
export function opusFillerAfter(packet: Uint8Array): OpusFiller | undefined {
  const facts = parseOpusPacket(packet);
  if (facts === undefined || facts.dtx) return undefined;
  return { data: Uint8Array.of((packet[0] ?? 0) & ~3), durationTicks: facts.frameTicks };
}

/** Writes an OpusHead identification header (RFC 7845 §5.1) with channel mapping family 0: mono or stereo. */
export function writeOpusHead(options: { channels: 1 | 2; preSkipTicks: number; inputRate: number }): Uint8Array {
  const head = new Uint8Array(19);
  const view = new DataView(head.buffer);
  for (let i = 0; i < 8; i += 1) head[i] = 'OpusHead'.charCodeAt(i);
  head[8] = 1;
  head[9] = options.channels;
  view.setUint16(10, options.preSkipTicks, true);
  view.setUint32(12, options.inputRate, true);
  return head;
}

/** Returns the frame duration of a TOC configuration number (RFC 6716 table 2). */
function frameTicksOf(config: number): number {
  if (config >= 16) return CELT_TICKS[config & 3] ?? 0;
  if (config >= 12) return (config & 1) === 0 ? 480 : 960;
  return SILK_TICKS[config & 3] ?? 0;
}

type Framing = { readonly frames: number; readonly largestBytes: number };

/** Reads the four framings of RFC 6716 §3.2.2 to §3.2.5. */
function readFraming(packet: Uint8Array, code: number): Framing | undefined {
  const rest = packet.length - 1;
  if (code === 0) return { frames: 1, largestBytes: rest };
  if (code === 1) return rest % 2 === 0 ? { frames: 2, largestBytes: rest / 2 } : undefined;
  if (code === 3) return readManyFrames(packet);
  const first = readFrameLength(packet, 1);
  if (first === undefined) return undefined;
  const second = rest - first.bytes - first.length;
  return second >= 0 ? { frames: 2, largestBytes: Math.max(first.length, second) } : undefined;
}

/** Reads framing code 3: a count, optional padding, constant or variable sizes. */
function readManyFrames(packet: Uint8Array): Framing | undefined {
  const head = packet[1];
  if (head === undefined || (head & 0x3f) === 0) return undefined;
  const frames = head & 0x3f;
  let at = 2;
  let left = packet.length;
  if ((head & 0x40) !== 0) {
    let more = 255;
    while (more === 255) {
      const byte = packet[at];
      if (byte === undefined) return undefined;
      at += 1;
      left -= byte === 255 ? 254 : byte;
      more = byte;
    }
  }
  if ((head & 0x80) === 0) {
    const bytes = left - at;
    return bytes >= 0 && bytes % frames === 0 ? { frames, largestBytes: bytes / frames } : undefined;
  }
  let largestBytes = 0;
  for (let i = 1; i < frames; i += 1) {
    const frame = readFrameLength(packet, at);
    if (frame === undefined) return undefined;
    at += frame.bytes;
    left -= frame.length;
    largestBytes = Math.max(largestBytes, frame.length);
  }
  return left >= at ? { frames, largestBytes: Math.max(largestBytes, left - at) } : undefined;
}

/** Reads a frame length of one or two bytes (RFC 6716 §3.2.1). */
function readFrameLength(packet: Uint8Array, at: number): { length: number; bytes: number } | undefined {
  const first = packet[at];
  if (first === undefined) return undefined;
  if (first < 252) return { length: first, bytes: 1 };
  const second = packet[at + 1];
  return second === undefined ? undefined : { length: second * 4 + first, bytes: 2 };
}
