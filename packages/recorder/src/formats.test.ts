import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { unixUs } from '@roomtape/media';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputContainer, ProjectedFile, ProjectionJob } from './projection-job.ts';
import { renderTape } from './render-tape.ts';
import { beeps, flashes, offsetsMs, watch } from './testing/flash-beep.ts';
import { EPOCH, Script } from './testing/script.ts';

const SECONDS = 6;
const root = mkdtempSync(join(tmpdir(), 'roomtape-formats-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeAll(async () => {
  const h264 = { trackId: 1, codec: 'h264', packets: flashes({ seconds: SECONDS }), ticksOrigin: 4_000_000 } as const;
  const opus = { trackId: 2, codec: 'opus', packets: beeps({ seconds: SECONDS }), ticksOrigin: 123_456 } as const;
  await new Script().track(h264).track(opus).write(join(root, 'tape'));
});

async function render(container: OutputContainer, more: Partial<ProjectionJob> = {}): Promise<ProjectedFile> {
  const [file, another] = await renderTape({
    ...{ jobId: container, tapeDirectory: join(root, 'tape'), outputDirectory: root, fileName: `as-${container}` },
    ...{ container, media: 'audio-video', audioCodec: 'aac', startAt: unixUs(EPOCH), fragmentMs: 500 },
    ...more,
  });
  if (file === undefined || another !== undefined) throw new Error('one file is expected');
  return file;
}

/** What a foreign reader says of a file: its format, its codecs, its length, and complaints while decoding all of it. */
function readByFfmpeg(path: string): {
  format: string;
  codecs: string[];
  seconds: number;
  startMs: number;
  complaints: string;
} {
  const asked = [
    '-v',
    'error',
    '-show_entries',
    'format=format_name,duration,start_time:stream=codec_name',
    '-of',
    'json',
    path,
  ];
  const facts = JSON.parse(execFileSync('ffprobe', asked, { encoding: 'utf8' }));
  const complaints = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'null', '-'], { encoding: 'utf8' });
  const codecs = facts.streams.map((stream: { codec_name: string }) => stream.codec_name);
  return {
    format: facts.format.format_name,
    codecs,
    seconds: Number(facts.format.duration),
    startMs: 1000 * Number(facts.format.start_time ?? 0),
    complaints,
  };
}

describe('a tape', () => {
  it('becomes FLV with sound and picture in sync', async () => {
    const file = await render('flv');

    expect(file).toMatchObject({ container: 'flv', videoCodec: 'h264', audioCodec: 'aac', state: 'finished' });
    expect(readByFfmpeg(file.path)).toMatchObject({ format: 'flv', codecs: ['h264', 'aac'], complaints: '' });
    const watched = watch(file.path);
    expect(watched.pictures).toBe(SECONDS * 30);
    expect(Math.max(...offsetsMs(watched))).toBeLessThanOrEqual(20);
  });

  it('becomes an HLS playlist whose segments begin with keyframes and play on without a seam', async () => {
    const file = await render('hls', { segmentMs: 2000 });

    const playlist = readFileSync(file.path, 'utf8');
    expect(file).toMatchObject({ container: 'hls', videoCodec: 'h264', audioCodec: 'aac', state: 'finished' });
    expect(playlist).toMatch(/#EXT-X-PLAYLIST-TYPE:EVENT[\s\S]+#EXT-X-MAP:URI="as-hls.init.mp4"[\s\S]+#EXT-X-ENDLIST/);
    expect(playlist.match(/as-hls\.\d{5}\.m4s/g)).toHaveLength(SECONDS / 2);
    expect(readByFfmpeg(file.path)).toMatchObject({ format: 'hls', codecs: ['h264', 'aac'], complaints: '' });
    const watched = watch(file.path);
    expect(watched.pictures).toBe(SECONDS * 30);
    expect(Math.max(...offsetsMs(watched))).toBeLessThanOrEqual(20);
    expect(file.bytes).toBeGreaterThan(10_000);
  });

  it.each([
    ['aac', 'aac', 'aac', 0.1],
    ['mp3', 'mp3', 'mp3', 0.05],
    ['ogg', 'ogg', 'opus', 0.03],
    ['wav', 'wav', 'pcm_s16le', 0.03],
  ] as const)('becomes %s with every beep where it was', async (container, format, codec, secondsOff) => {
    const file = await render(container);

    expect(basename(file.path)).toBe(`as-${container}.${container}`);
    expect(file.videoCodec).toBeUndefined();
    const read = readByFfmpeg(file.path);
    expect(read).toMatchObject({ format, codecs: [codec], complaints: '' });
    expect(Math.abs(read.seconds - SECONDS)).toBeLessThanOrEqual(secondsOff);
    const { beepsMs } = watch(file.path);
    expect(beepsMs).toHaveLength(SECONDS);
    // MP3's times begin before the first sample that is played.
    const first = beepsMs[0] ?? 0;
    for (const [second, atMs] of beepsMs.entries()) expect(Math.abs(atMs - first - second * 1000)).toBeLessThan(5);
    expect(Math.abs(first - (container === 'mp3' ? read.startMs : 0) - (await firstBeepMs()))).toBeLessThan(12);
  });
});

async function firstBeepMs(): Promise<number> {
  return watch((await render('mp4')).path).beepsMs[0] ?? Number.NaN;
}
