// What the recorder's containers hold, read by others: FFmpeg 8, ffprobe, and our analyser of flashes and beeps.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMediaFile, probeFile } from '@roomtape/ffmpeg';
import { analyseFile } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerName } from '../../packages/sdk/src/containers/container-writer.ts';
import { withMovieFirst } from '../../packages/sdk/src/containers/mp4/fast-start.ts';
import { openContainerWriter } from '../../packages/sdk/src/containers/open-container-writer.ts';
import { recoverContainer } from '../../packages/sdk/src/containers/recover-container.ts';
import { MemoryFile } from '../../packages/sdk/src/testing/memory-file.ts';
import { encodeFilm, type FilmPackets, writeFilm } from './container-packets.ts';

/** Not a whole number of pictures or AAC frames. */
const END_US = 3_890_000;
const folder = mkdtempSync(join(tmpdir(), 'roomtape-containers-'));
let film: FilmPackets;

beforeAll(() => {
  film = encodeFilm(4);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Parts = { readonly hasVideo?: boolean; readonly hasAudio?: boolean; readonly film?: FilmPackets };

async function record(name: ContainerName, parts: Parts = {}): Promise<MemoryFile> {
  const file = new MemoryFile();
  const source = parts.film ?? film;
  const writer = await openContainerWriter(name, {
    file,
    ...(parts.hasVideo === false ? {} : { video: source.video }),
    ...(parts.hasAudio === false ? {} : { audio: source.audio }),
  });
  await writeFilm(writer, source);
  await writer.finish(END_US);
  expect(writer.bytesWritten).toBe(file.size);
  return file;
}

function save(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function ffprobe(path: string): { durationMs: number; codecs: string[]; problems: string } {
  const args = ['-v', 'error', '-show_entries', 'format=duration:stream=codec_name', '-of', 'json', path];
  const facts = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
  const problems = execFileSync('sh', ['-c', 'ffmpeg -v error -i "$0" -f null - 2>&1', path], { encoding: 'utf8' });
  const codecs = facts.streams.map((stream: { codec_name: string }) => stream.codec_name);
  return { durationMs: Number(facts.format.duration) * 1000, codecs, problems };
}

async function fastStart(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const parts = await withMovieFirst(new Blob([bytes]));
  return new Uint8Array(await new Blob([...parts]).arrayBuffer());
}

describe.each(['mp4', 'flv'] as const)('.%s', (name) => {
  it('shows the film it was given, in step, to its exact end', async () => {
    const { bytes } = await record(name);
    const path = save(`film.${name}`, bytes);
    const analysis = analyseFile(path, { video: 'required', audio: 'required', participantIndex: 3, durationMs: 3890 });

    expect(analysis.faults).toEqual([]);
    expect(Math.abs(analysis.offset?.meanMs ?? 99)).toBeLessThan(2);
    const facts = ffprobe(path);
    expect(facts).toMatchObject({ codecs: ['h264', 'aac'], problems: '' });
    expect(Math.abs(facts.durationMs - 3890)).toBeLessThanOrEqual(20);
  });

  it('holds sound alone and pictures alone, each to the exact end', async () => {
    const sound = ffprobe(save(`sound.${name}`, (await record(name, { hasVideo: false })).bytes));
    const pictures = ffprobe(save(`pictures.${name}`, (await record(name, { hasAudio: false })).bytes));

    expect(sound).toMatchObject({ codecs: ['aac'], problems: '' });
    expect(pictures).toMatchObject({ codecs: ['h264'], problems: '' });
    for (const facts of [sound, pictures]) expect(Math.abs(facts.durationMs - 3890)).toBeLessThanOrEqual(20);
  });

  it('is playable wherever it ends, and recovers with at most one group lost', async () => {
    const file = new MemoryFile();
    const writer = await openContainerWriter(name, { file, video: film.video, audio: film.audio });
    await writeFilm(writer, film);
    const { bytes } = file;
    let last = 0;
    for (let end = 30_000; end < bytes.length; end += Math.floor(bytes.length / 12)) {
      const torn = MemoryFile.of(bytes.subarray(0, end));
      const durationUs = recoverContainer(name, torn, film);
      const path = save(`torn-${end}.${name}`, torn.bytes);
      if (durationUs === undefined) continue;
      const facts = ffprobe(path);
      const packets = countPackets(path);

      expect(facts.problems).toBe('');
      expect(Math.abs(facts.durationMs - durationUs / 1000)).toBeLessThanOrEqual(20);
      expect(packets).toBeGreaterThanOrEqual(last);
      expect(recoverContainer(name, torn, film)).toBe(durationUs);
      last = packets;
    }
    // The last cut is a twelfth before the end.
    expect(last).toBeGreaterThan(200);
  });

  it('tells a torn end from room kept aside behind it', async () => {
    const file = new MemoryFile();
    const writer = await openContainerWriter(name, { file, video: film.video, audio: film.audio });
    const torn: MemoryFile[] = [];
    const write = file.write.bind(file);
    file.write = (bytes, at) => {
      const half = MemoryFile.of(file.bytes);
      half.write(bytes.subarray(0, Math.floor(bytes.length / 2)), at);
      half.write(new Uint8Array(2 ** 20), half.size);
      if (at > 20_000) torn.push(half);
      write(bytes, at);
    };
    await writeFilm(writer, { ...film, pictures: film.pictures.slice(0, 90), sound: film.sound.slice(0, 140) });

    expect(torn.length).toBeGreaterThan(3);
    for (const half of torn.filter((_, i) => i % Math.ceil(torn.length / 6) === 0)) {
      expect(recoverContainer(name, half, film)).toBeGreaterThan(100_000);
      expect(ffprobe(save(`room.${name}`, half.bytes)).problems).toBe('');
    }
  });

  it('gives everything up to what was being gathered when nobody finished it', async () => {
    const file = new MemoryFile();
    const writer = await openContainerWriter(name, { file, video: film.video, audio: film.audio });
    await writeFilm(writer, film);
    const asItLies = ffprobe(save(`as-it-lies.${name}`, file.bytes));
    const durationUs = recoverContainer(name, file, film) ?? 0;
    const path = save(`recovered.${name}`, file.bytes);

    expect(asItLies.codecs).toEqual(['h264', 'aac']);
    expect(durationUs).toBeGreaterThan(3_400_000);
    expect(analyseFile(path, { video: 'required', audio: 'required', endSkewMsMax: 600 }).faults).toEqual([]);
  });
});

describe('.mp4', () => {
  it('can begin with its index without a copy, and is the same film then', async () => {
    const moved = await fastStart((await record('mp4')).bytes);
    const path = save('fast-start.mp4', moved);
    const at = (text: string): number => Buffer.from(moved).indexOf(text, 0, 'latin1');

    expect(at('moov')).toBeLessThan(at('mdat'));
    expect(analyseFile(path, { video: 'required', audio: 'required', durationMs: 3890 }).faults).toEqual([]);
    expect(ffprobe(path).problems).toBe('');
    expect(await fastStart(moved)).toEqual(moved);
  });

  it('keeps what another writer left unfinished, up to its last whole box', () => {
    const path = join(folder, 'foreign.mp4');
    const source = ['-f', 'lavfi', '-i', 'testsrc=size=64x36:rate=30:duration=3', '-g', '15', '-c:v', 'libx264'];
    const asLive = ['-movflags', 'empty_moov+frag_keyframe+default_base_moof', path];
    execFileSync('ffmpeg', ['-v', 'error', ...source, ...asLive]);
    const whole = readFileSync(path);
    const torn = new MemoryFile();
    torn.write(whole.subarray(0, Math.floor(whole.length * 0.8)), 0);
    torn.write(new Uint8Array(5000), torn.size);
    const durationUs = recoverContainer('mp4', torn, film) ?? 0;

    expect(durationUs).toBeGreaterThan(1_400_000);
    expect(ffprobe(save('foreign-kept.mp4', torn.bytes))).toMatchObject({ codecs: ['h264'], problems: '' });
    expect(recoverContainer('mp4', torn, film)).toBe(durationUs);
  });

  it('holds H.265', async () => {
    const facts = ffprobe(save('h265.mp4', (await record('mp4', { film: encodeFilm(4, 'h265') })).bytes));

    expect(facts).toMatchObject({ codecs: ['hevc', 'aac'], problems: '' });
  });

  it('keeps the place of a picture and of sound that come late, and of a hole in both', async () => {
    const late = (packets: FilmPackets['sound'], byUs: number) =>
      packets.filter((p) => p.ptsUs < 1_000_000 || p.ptsUs > 2_000_000).map((p) => ({ ...p, ptsUs: p.ptsUs + byUs }));
    const shifted = { ...film, pictures: late(film.pictures, 300_000), sound: late(film.sound, 300_000) };
    const facts = openMediaFile(save('holes.mp4', (await record('mp4', { film: shifted })).bytes));
    const packets = [...facts.packets()];
    facts.close();
    const times = (track: number) => packets.filter((p) => p.track === track).map((p) => p.ptsUs);

    expect(Math.min(...times(0))).toBeCloseTo(300_000, -2);
    expect(times(0).some((us) => us > 1_310_000 && us < 2_300_000)).toBe(false);
    expect(times(1).some((us) => us > 1_310_000 && us < 2_280_000)).toBe(false);
    expect(packets.filter((p) => p.track === 0)).toHaveLength(77);
  });

  it('takes a second configuration into its keyframes', async () => {
    const other = encodeFilm(1).pictures.map((p) => ({ ...p, ptsUs: p.ptsUs + 4_000_000 }));
    const changed = other.map((p) =>
      p.decoderConfig === undefined ? p : { ...p, decoderConfig: withLevel(p.decoderConfig) },
    );
    const file = new MemoryFile();
    const writer = await openContainerWriter('mp4', { file, video: film.video });
    await writeFilm(writer, { ...film, pictures: [...film.pictures, ...changed], sound: [] });
    await writer.finish(5_000_000);

    expect(ffprobe(save('two-configs.mp4', file.bytes))).toMatchObject({ problems: '', codecs: ['h264'] });
  });

  it('says at once that the storage is full, and what fitted is a film', async () => {
    const file = new MemoryFile(90_000);
    const writer = await openContainerWriter('mp4', { file, video: film.video, audio: film.audio });

    await expect(writeFilm(writer, film)).rejects.toMatchObject({ code: 'RECORD_STORAGE_FULL' });
    expect(ffprobe(save('full.mp4', file.bytes)).codecs).toEqual(['h264', 'aac']);
  });

  it('finishes half an hour without reading or copying its media', async () => {
    const file = new MemoryFile();
    const writer = await openContainerWriter('mp4', { file, video: film.video, audio: film.audio });
    const tiny = new Uint8Array(16);
    const config = film.pictures[0]?.decoderConfig ?? new Uint8Array();
    for (let i = 0; i < 30 * 1800; i += 1) {
      const ptsUs = Math.round((i * 1e6) / 30);
      const isKeyframe = i % 15 === 0;
      await writer.writeVideo({ bytes: tiny, ptsUs, durationUs: 33_333, isKeyframe, decoderConfig: config });
    }
    for (let i = 0; i < 1800 * 46; i += 1) {
      await writer.writeAudio({ bytes: tiny, ptsUs: i * 21_333, durationUs: 21_333, isKeyframe: true });
    }
    let readBytes = 0;
    const read = file.read.bind(file);
    file.read = (at, length) => {
      readBytes += length;
      return read(at, length);
    };
    await writer.finish(1_800_000_000);

    const { durationUs, tracks } = probeFile(save('half-hour.mp4', file.bytes));
    expect(durationUs).toBe(1_800_000_000);
    expect(tracks).toHaveLength(2);
    // One peek a fragment.
    expect(readBytes).toBeLessThan(40_000_000);
  });
});

describe('.flv', () => {
  it('holds H.265 as enhanced FLV', async () => {
    const path = save('h265.flv', (await record('flv', { film: encodeFilm(4, 'h265') })).bytes);
    const file = openMediaFile(path);
    const pictures = [...file.media()].filter((item) => item.kind === 'picture');

    expect(file.tracks.map((track) => track.codec)).toEqual(['h265', 'aac']);
    expect(pictures.length).toBeGreaterThan(115);
    expect(file.errorCount()).toBe(0);
    file.close();
  });
});

describe('.aac', () => {
  it('is a row of frames as long as what was recorded, and any prefix is one', async () => {
    const { bytes } = await record('aac');
    const facts = ffprobe(save('sound.aac', bytes));
    const torn = MemoryFile.of(bytes.subarray(0, bytes.length - 5));
    const durationUs = recoverContainer('aac', torn, film) ?? 0;

    expect(facts).toMatchObject({ codecs: ['aac'], problems: '' });
    expect(decodedMs(save('sound.aac', bytes))).toBeCloseTo(3890, -1.3);
    expect(decodedMs(save('torn.aac', torn.bytes))).toBeCloseTo(durationUs / 1000, -1.3);
    // ADTS says no duration; FFmpeg guesses one.
    const expected = { audio: 'required', participantIndex: 3, durationSkewMsMax: 10_000 } as const;
    expect(analyseFile(save('sound.aac', bytes), expected).faults).toEqual([]);
  });
});

describe('nothing', () => {
  it('is recovered from a file without media, whatever is in it', () => {
    for (const name of ['mp4', 'flv', 'aac'] as const) {
      for (const bytes of [new Uint8Array(), new Uint8Array(100), new Uint8Array(20_000).fill(0xff)]) {
        expect(recoverContainer(name, MemoryFile.of(bytes), film)).toBeUndefined();
      }
    }
  });
});

function countPackets(path: string): number {
  const file = openMediaFile(path);
  const count = [...file.packets()].length;
  file.close();
  return count;
}

function decodedMs(path: string): number {
  const pcm = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-ac', '1', '-f', 's16le', '-'], {
    maxBuffer: 2 ** 26,
  });
  return pcm.length / 96;
}

/** The same record with another level: a change that decoders do not mind. */
function withLevel(config: Uint8Array): Uint8Array {
  const changed = config.slice();
  changed[3] = 31;
  return changed;
}
