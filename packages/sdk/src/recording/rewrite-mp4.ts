// Writes the packets of a fragmented MP4 into an ordinary one with its index in front, without encoding anything again.

import { BufferTarget, Conversion, CustomSource, Input, MP4, Mp4OutputFormat, Output } from 'mediabunny';

/** The new file, and how long it is. */
export type RewrittenMovie = { readonly bytes: Uint8Array; readonly durationUs: number };

/** Reads a file of `size` bytes by pieces; rejects when it holds nothing that can be copied. */
export async function rewriteMp4(
  size: number,
  read: (from: number, to: number) => Uint8Array,
): Promise<RewrittenMovie> {
  const input = new Input({ formats: [MP4], source: new CustomSource({ getSize: () => size, read }) });
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'in-memory' }), target });
  try {
    const conversion = await Conversion.init({ input, output, showWarnings: false });
    if (!conversion.isValid || conversion.discardedTracks.length > 0) throw new Error('A track cannot be copied');
    await conversion.execute();
    const durationUs = Math.round((await input.computeDuration()) * 1e6);
    return { bytes: new Uint8Array(target.buffer ?? new ArrayBuffer(0)), durationUs };
  } finally {
    input.dispose();
  }
}
