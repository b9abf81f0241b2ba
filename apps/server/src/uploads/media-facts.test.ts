import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileMuxer } from '@roomtape/ffmpeg';
import { joinNals } from '@roomtape/media';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { containerOf, mediaFactsOf } from './media-facts.ts';
import { fileNameFor } from './uploaded-recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'roomtape-facts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function factsOf(bytes: Uint8Array): Promise<unknown> {
  const path = join(folder, 'file');
  writeFileSync(path, bytes);
  const file = await open(path, 'r');
  return mediaFactsOf(file, bytes.length).finally(() => file.close());
}

const box = (type: string, body: readonly number[]): number[] => {
  const size = body.length + 8;
  return [0, 0, size >>> 8, size & 255, ...new TextEncoder().encode(type), ...body];
};

describe('media facts', () => {
  it('are those of a film that FFmpeg wrote', async () => {
    const path = join(folder, 'film.mp4');
    const config = joinNals([
      Uint8Array.from('6742c00d8c8d4141f9f00f08846a'.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
      new Uint8Array([0x68, 0xce, 0x3c, 0x80]),
    ]);
    const tracks = [
      { codec: 'h264', width: 320, height: 180, config },
      { codec: 'opus', channels: 2 },
    ] as const;
    const muxer = createFileMuxer({ path, container: 'mp4', tracks, fragmentMs: 500 });
    for (let i = 0; i < 50; i += 1) {
      const times = { ptsUs: i * 40_000, dtsUs: i * 40_000, durationUs: 40_000, key: i === 0 };
      muxer.write({ track: 0, ...times, data: joinNals([new Uint8Array([i === 0 ? 0x65 : 0x41, 1, 2])]) });
    }
    for (let i = 0; i < 100; i += 1) {
      const times = { ptsUs: i * 20_000, dtsUs: i * 20_000, durationUs: 20_000, key: true };
      muxer.write({ track: 1, ...times, data: Uint8Array.of(31 << 3, 0xff, 0xfe) });
    }
    muxer.finish(2_000_000);
    const file = await open(path, 'r');
    const facts = await mediaFactsOf(file, (await file.stat()).size).finally(() => file.close());

    expect(facts).toMatchObject({ container: 'mp4', videoCodec: 'h264', audioCodec: 'opus', width: 320, height: 180 });
    expect(facts?.durationUs).toBeCloseTo(2_000_000, -5);
  });

  it('tell containers by their first bytes, and nothing else is one', () => {
    const head = (text: string) => Uint8Array.from(text.padEnd(16, '\0'), (c) => c.charCodeAt(0));

    expect(containerOf(head('\0\0\0\x18ftypisom'))).toBe('mp4');
    expect(containerOf(head('RIFF\0\0\0\0WAVE'))).toBe('wav');
    expect(containerOf(head('ID3'))).toBe('mp3');
    expect(containerOf(head('\xff\xf1'))).toBe('aac');
    expect(containerOf(head('\xff\xfb'))).toBe('mp3');
    expect(containerOf(head('<svg xmlns'))).toBeUndefined();
    expect(containerOf(new Uint8Array())).toBeUndefined();
  });

  it('are read from any bytes without throwing or looping', async () => {
    const heads = [box('ftyp', [1, 2, 3, 4]), [0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0]];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 300 }), async (head, rest) => {
        await expect(factsOf(Uint8Array.from([...head, ...rest]))).resolves.toBeDefined();
        const movie = box('moov', box('trak', [...rest]));
        await expect(factsOf(Uint8Array.from([...heads.flat().slice(0, 12), ...movie]))).resolves.toBeDefined();
      }),
      { numRuns: 60 },
    );
  });
});

describe('file names', () => {
  it('keep what a person gave and end in what the file is', () => {
    expect(fileNameFor('课程 1.html', 'mp4')).toBe('课程 1.mp4');
    expect(fileNameFor('...', 'aac')).toBe('upload.aac');
    expect(fileNameFor('a\u0000b/c.mp4', 'flv')).toBe('a_b_c.flv');
    expect(new TextEncoder().encode(fileNameFor('课'.repeat(200), 'mp4')).length).toBeLessThanOrEqual(204);
    expect(fileNameFor('a\ud800.mp4', 'mp4').isWellFormed()).toBe(true);
  });
});
