// Silent Opus packets, to keep a track unbroken where the publisher sent nothing. CELT-only fullband packets
// (RFC 6716 §3.1, configurations 28 to 31) whose silence flag is set; no encoder is needed.

/** A silent packet and how long it plays, µs. */
export type SilentPacket = { readonly atUs: number; readonly durationUs: number; readonly data: Uint8Array };

const PACKETS = [
  { durationUs: 20_000, data: Uint8Array.of(31 << 3, 0xff, 0xfe) },
  { durationUs: 10_000, data: Uint8Array.of(30 << 3, 0xff, 0xfe) },
  { durationUs: 5000, data: Uint8Array.of(29 << 3, 0xff, 0xfe) },
  { durationUs: 2500, data: Uint8Array.of(28 << 3, 0xff, 0xfe) },
] as const;

/** Covers a stretch with silent packets, to within the shortest packet (2.5 ms). */
export function* silentOpus(fromUs: number, toUs: number): Generator<SilentPacket> {
  let atUs = fromUs;
  for (const packet of PACKETS) {
    for (; toUs - atUs >= packet.durationUs; atUs += packet.durationUs) yield { atUs, ...packet };
  }
}
