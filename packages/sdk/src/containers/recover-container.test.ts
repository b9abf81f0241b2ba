import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryFile } from '../testing/memory-file.ts';
import type { ContainerName } from './container-writer.ts';
import { openContainerWriter } from './open-container-writer.ts';
import { recoverContainer } from './recover-container.ts';

const TRACKS = {
  video: { codec: 'h264', width: 64, height: 36, framesPerSecond: 30 },
  audio: { sampleRate: 48_000, channelCount: 2, primingSamples: 1024 },
} as const;

/** A second of packets without meaning, not finished. */
async function unfinished(name: ContainerName): Promise<MemoryFile> {
  const file = new MemoryFile();
  const writer = await openContainerWriter(name, { file, ...TRACKS });
  const decoderConfig = new Uint8Array([1, 66, 0, 30, 255, 225, 0, 1, 103, 1, 0, 1, 104]);
  for (let i = 0; i < 60; i += 1) {
    const ptsUs = Math.round((i * 1e6) / 30);
    const bytes = new Uint8Array(20).fill(i);
    await writer.writeVideo({ bytes, ptsUs, durationUs: 33_333, isKeyframe: i % 10 === 0, decoderConfig });
    await writer.writeAudio({ bytes, ptsUs: (i - 1) * 21_333, durationUs: 21_333, isKeyframe: true });
  }
  return file;
}

describe.each(['mp4', 'flv', 'aac'] as const)('recovery of .%s', (name) => {
  it('never throws, never grows a file by more than its index, and does the same to a torn one twice', async () => {
    const { bytes } = await unfinished(name);
    const damage = fc.record({ at: fc.nat({ max: bytes.length - 1 }), byte: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(fc.array(damage, { maxLength: 6 }), fc.nat({ max: bytes.length }), (damages, end) => {
        const torn = bytes.slice(0, end);
        for (const { at, byte } of damages) if (at < end) torn[at] = byte;
        const file = MemoryFile.of(torn);
        const durationUs = recoverContainer(name, file, TRACKS);

        expect(file.size).toBeLessThan(end + 20_000);
        if (durationUs === undefined || damages.length > 0) return;
        const { size } = file;
        expect(recoverContainer(name, file, TRACKS)).toBe(durationUs);
        expect(file.size).toBe(size);
      }),
      { numRuns: 400 },
    );
  });
});
