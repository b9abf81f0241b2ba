import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAmf0 } from './amf0.ts';
import { FlvReader } from './flv-reader.ts';
import { type FlvMetadata, writeMetadataBlock } from './metadata.ts';
import { writeFlvHeader } from './tag.ts';

const FACTS: FlvMetadata = {
  durationSeconds: 12.5,
  fileBytes: 1000,
  video: { codec: 'h264', width: 1280, height: 720, framesPerSecond: 30 },
  audio: { codec: 'aac', sampleRate: 48_000, channels: 2 },
};

function readBlock(block: Uint8Array): { names: unknown[]; record: Record<string, unknown> } {
  const reader = new FlvReader();
  reader.push(writeFlvHeader({ audio: true, video: true }));
  const values = reader.push(block).map((tag) => readAmf0(tag.body) ?? []);
  return { names: values.map((row) => row[0]), record: values[0]?.[1] as Record<string, unknown> };
}

describe('the metadata block', () => {
  it('takes exactly the room it is given, whatever is in it', () => {
    fc.assert(
      fc.property(fc.nat({ max: 60_000 }), fc.nat({ max: 400 }), (extraBytes, count) => {
        const keyframes = Array.from({ length: count }, (_, i) => ({ timeSeconds: i, positionBytes: i * 1000 }));
        const block = writeMetadataBlock({ ...FACTS, keyframes }, 1024 + extraBytes);

        expect(block?.length).toBe(1024 + extraBytes);
      }),
    );
  });

  it('says duration, size and tracks', () => {
    const { names, record } = readBlock(writeMetadataBlock(FACTS, 2048) ?? new Uint8Array());

    expect(names).toEqual(['onMetaData']);
    expect(record).toMatchObject({ duration: 12.5, filesize: 1000, width: 1280, videocodecid: 7, stereo: true });
  });

  it('thins the index out evenly when the room is short', () => {
    const keyframes = Array.from({ length: 1000 }, (_, i) => ({ timeSeconds: i / 2, positionBytes: i * 500 }));
    const { record } = readBlock(writeMetadataBlock({ ...FACTS, keyframes }, 4096) ?? new Uint8Array());
    const { times } = record.keyframes as { times: number[] };

    expect(times[0]).toBe(0);
    expect(times.length).toBeGreaterThan(100);
    expect(new Set(times.slice(1).map((time, i) => time - (times[i] ?? 0)))).toHaveProperty('size', 1);
  });
});
