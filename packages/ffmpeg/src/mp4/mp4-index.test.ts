import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boxesIn, describeConfig, findBox, readBoxType, readUint32, readUint64 } from '@roomtape/media';
import { afterAll, describe, expect, it } from 'vitest';
import { createVideoEncoder } from '../encoder.ts';
import { createFileMuxer, type MuxPacket, type MuxTrack } from '../file-muxer.ts';
import { openMediaFile } from '../media-file.ts';
import { readFragment } from './fragment-reader.ts';
import { Mp4Index } from './mp4-index.ts';

const folder = mkdtempSync(join(tmpdir(), 'roomtape-index-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SIZE = { width: 64, height: 48 };
const PICTURES = encode();
const VIDEO: MuxTrack = { codec: 'h264', ...SIZE, ...configOf(PICTURES[0]?.data ?? new Uint8Array()) };
const SOUND: MuxTrack = { codec: 'opus', channels: 1 };
/** The times of an MP4 are ticks: 90000 a second at least. */
const TICK_US = 12;

function encode(): { readonly key: boolean; readonly data: Uint8Array }[] {
  const encoder = createVideoEncoder({ codec: 'h264', ...SIZE, fps: 30, bitrate: 50_000, gopFrames: 30 });
  const plane = (bytes: number, level: number): Uint8Array => new Uint8Array(bytes).fill(level);
  const packets = Array.from({ length: 30 }, (_, i) =>
    encoder.encode(
      { ...SIZE, y: plane(64 * 48, i * 8), u: plane(32 * 24, 128), v: plane(32 * 24, 128) },
      Math.round((i * 1e6) / 30),
    ),
  );
  const all = [...packets.flat(), ...encoder.flush()];
  encoder.close();
  return all;
}

function configOf(data: Uint8Array): { config?: Uint8Array } {
  const config = describeConfig('h264', data)?.config;
  return config === undefined ? {} : { config };
}

/** Pictures that do not come evenly, as cameras send them, and packets of sound of many sizes. */
function packets(seconds: number): MuxPacket[] {
  const pictures = Array.from({ length: seconds * 30 }, (_, i): MuxPacket => {
    const { key = false, data = new Uint8Array() } = PICTURES[i % PICTURES.length] ?? {};
    const ptsUs = Math.round((i * 1e6) / 30) + ((i * 7) % 11) * 500;
    return { track: 0, ptsUs, dtsUs: ptsUs, durationUs: 33_333, key, data };
  });
  const sound = Array.from({ length: seconds * 50 }, (_, i): MuxPacket => {
    const data = new Uint8Array(20 + ((i * 13) % 60)).fill(i & 255);
    data[0] = 0x78;
    return { track: 1, ptsUs: i * 20_000, dtsUs: i * 20_000, durationUs: 20_000, key: true, data };
  });
  return [...pictures, ...sound].sort((a, b) => a.dtsUs - b.dtsUs);
}

function write(name: string, tracks: readonly MuxTrack[], all: readonly MuxPacket[]): string {
  const path = join(folder, `${name}.mp4`);
  const muxer = createFileMuxer({ path, container: 'mp4', tracks, fragmentMs: 500 });
  for (const packet of all) muxer.write(packet);
  copyFileSync(path, join(folder, `${name}-growing.mp4`));
  muxer.finish();
  return path;
}

/** The boxes of a file from the outside; a large `mdat` hides what is in it. */
function outline(bytes: Uint8Array): string[] {
  const types: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = readUint32(bytes, at);
    types.push(readBoxType(bytes, at + 4));
    at += size === 1 ? readUint64(bytes, at + 8) : size;
  }
  return types;
}

/** The movie at the end of a finished file. */
function movieOf(bytes: Uint8Array): Uint8Array {
  const ftyp = readUint32(bytes, 0);
  return bytes.subarray(ftyp + readUint64(bytes, ftyp + 8));
}

/** Seconds that a foreign reader finds. */
function probedSeconds(path: string): number {
  const args = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', path];
  return Number(execFileSync('ffprobe', args, { encoding: 'utf8' }));
}

describe('the index of an MP4', () => {
  it('makes an ordinary film of the fragments, with every packet as it was given', () => {
    const all = packets(25);
    const path = write('ordinary', [VIDEO, SOUND], all);
    const bytes = readFileSync(path);
    expect(outline(bytes)).toEqual(['ftyp', 'mdat', 'moov']);
    const movie = movieOf(bytes);
    expect(findBox(movie, ['moov', 'mvex'])).toBeUndefined();
    for (const track of [0, 1]) {
      const given = all.filter((packet) => packet.track === track);
      const file = openMediaFile(path);
      const found = [...file.packets()].filter((packet) => packet.track === track);
      file.close();
      expect(found.map(({ key }) => key)).toEqual(given.map(({ key }) => key));
      const off = found.map(({ ptsUs }, i) => Math.abs(ptsUs - (given[i]?.ptsUs ?? 0)));
      expect(Math.max(...off)).toBeLessThanOrEqual(TICK_US);
      if (track === 1) expect(found.map(({ data }) => [...data])).toEqual(given.map(({ data }) => [...data]));
    }
    expect(probedSeconds(path)).toBeCloseTo(25, 1);
  });

  it('says the same as the fragments did', () => {
    const path = write('same', [VIDEO, SOUND], packets(12));
    const args = ['-v', 'error', '-show_entries', 'packet=stream_index,pts,dts,size,flags', '-of', 'csv=p=0'];
    const list = (file: string): string[] =>
      execFileSync('ffprobe', [...args, file], { encoding: 'utf8' })
        .trim()
        .split('\n');
    const growing = list(join(folder, 'same-growing.mp4'));
    const finished = list(path);
    expect(growing.length).toBeGreaterThan(12 * 80 - 50);
    for (const stream of ['0', '1']) {
      const of = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith(stream));
      expect(of(finished).slice(0, of(growing).length)).toEqual(of(growing));
    }
  });

  it('holds films that are longer than 32 bits of ticks', () => {
    const hours = 16;
    const all = Array.from({ length: hours }, (_, i): MuxPacket => {
      const { data = new Uint8Array() } = PICTURES[0] ?? {};
      const us = i * 3_600_000_000;
      return { track: 0, ptsUs: us, dtsUs: us, durationUs: 3_600_000_000, key: true, data };
    });
    const path = write('long', [VIDEO], all);
    expect(probedSeconds(path)).toBeCloseTo(hours * 3600, 3);
    const movie = movieOf(readFileSync(path));
    const header = findBox(movie, ['moov', 'trak', 'mdia', 'mdhd']);
    expect(readUint64(movie, (header?.from ?? 0) + 24)).toBe(hours * 3600 * 90_000);
  });

  it('tells a player how much to decode before it can sound right', () => {
    const movie = movieOf(
      readFileSync(
        write(
          'roll',
          [SOUND],
          packets(2)
            .filter(({ track }) => track === 1)
            .map((packet) => ({ ...packet, track: 0 })),
        ),
      ),
    );
    const tables = findBox(movie, ['moov', 'trak', 'mdia', 'minf', 'stbl']);
    const roll = findBox(movie, ['sgpd'], tables);
    // 80 ms of Opus are four packets (RFC 7845 §4.6).
    expect(readUint32(movie, (roll?.end ?? 0) - 4) & 0xffff).toBe(0xfffc);
    expect(boxesIn(movie, tables?.from ?? 0, tables?.end ?? 0).filter(({ type }) => type === 'sbgp')).toHaveLength(1);
  });

  it('refuses a file whose end is torn, and leaves it as it is', () => {
    write('torn', [VIDEO, SOUND], packets(3));
    const path = join(folder, 'torn-growing.mp4');
    const { length } = readFileSync(path);
    truncateSync(path, length - 10);
    const index = new Mp4Index(path);
    expect(() => index.finish()).toThrow(expect.objectContaining({ code: 'output-write-failed' }));
    index.close();
    expect(readFileSync(path)).toHaveLength(length - 10);
  });

  it('takes a fragment with any damaged byte for one or for none', () => {
    write('damaged', [VIDEO, SOUND], packets(1));
    const bytes = readFileSync(join(folder, 'damaged-growing.mp4'));
    const moof = boxesIn(bytes, 0, bytes.length).find(({ type }) => type === 'moof');
    const head = new Uint8Array(bytes.subarray(moof?.start ?? 0, moof?.end ?? 0));
    const defaults = { description: 1, durationTicks: 1, sizeBytes: 1, flags: 0 };
    const samplesOf = (data: Uint8Array): number =>
      (readFragment(data, () => defaults) ?? []).reduce((sum, { samples }) => sum + samples.length, 0);
    const whole = samplesOf(head);
    expect(whole).toBeGreaterThan(30);
    for (let at = 0; at < head.length; at += 1) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const damaged = head.slice();
        damaged[at] = value;
        expect(samplesOf(damaged)).toBeLessThanOrEqual(whole);
      }
    }
  });

  it('keeps a film of a track that never came', () => {
    const path = write(
      'silent',
      [VIDEO, SOUND],
      packets(2).filter(({ track }) => track === 0),
    );
    const file = openMediaFile(path);
    expect(file.tracks.map(({ kind }) => kind)).toEqual(['video']);
    expect([...file.packets()]).toHaveLength(60);
    file.close();
  });
});
