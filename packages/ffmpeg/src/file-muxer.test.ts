import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CodecId, describeConfig, RoomtapeError, type VideoCodec } from '@roomtape/media';
import { afterAll, describe, expect, it } from 'vitest';
import type { Container } from './containers.ts';
import { createAudioEncoder, createVideoEncoder, type EncodedPacket } from './encoder.ts';
import { createFileMuxer, type MuxTrack } from './file-muxer.ts';
import { openMediaFile, probeFile } from './media-file.ts';
import type { Picture } from './picture.ts';

const directory = mkdtempSync(join(tmpdir(), 'roomtape-ffmpeg-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function grey(width: number, height: number, level: number): Picture {
  const half = ((width + 1) >> 1) * ((height + 1) >> 1);
  const y = new Uint8Array(width * height).fill(level);
  for (let i = 0; i < width; i += 1) y[i] = (i * 7 + level) & 255;
  return { width, height, y, u: new Uint8Array(half).fill(128), v: new Uint8Array(half).fill(128) };
}

function video(codec: VideoCodec, size: { width: number; height: number }, bFrames = 0): EncodedPacket[] {
  const encoder = createVideoEncoder({ codec, ...size, fps: 30, bitrate: 300_000, gopFrames: 30, bFrames });
  const packets: EncodedPacket[] = [];
  for (let i = 0; i < 60; i += 1)
    packets.push(...encoder.encode(grey(size.width, size.height, (i * 3) & 255), Math.round((i * 1e6) / 30)));
  packets.push(...encoder.flush());
  encoder.close();
  return packets;
}

function opus(): EncodedPacket[] {
  const encoder = createAudioEncoder({ codec: 'opus', channels: 1, bitrate: 32_000 });
  const packets: EncodedPacket[] = [];
  for (let i = 0; i < 100; i += 1) {
    const samples = Float32Array.from({ length: 960 }, (_, n) => Math.sin((n + i * 960) / 8) * 0.3);
    packets.push(...encoder.encode([samples], i * 20_000));
  }
  encoder.close();
  return packets;
}

function videoTrack(codec: CodecId, packets: readonly EncodedPacket[]): MuxTrack {
  const config = describeConfig(codec, packets[0]?.data ?? new Uint8Array());
  return {
    codec,
    width: config?.width ?? 320,
    height: config?.height ?? 180,
    ...(config?.config === undefined ? {} : { config: config.config }),
  };
}

type WriteOptions = { container: Container; codec: VideoCodec; videoPackets: EncodedPacket[]; videoLateUs?: number };

function write(name: string, options: WriteOptions): { path: string; snapshot: string } {
  const path = join(directory, `${name}.${options.container}`);
  const snapshot = join(directory, `${name}-snapshot.${options.container}`);
  const tracks = [videoTrack(options.codec, options.videoPackets), { codec: 'opus', channels: 1 } as MuxTrack];
  const muxer = createFileMuxer({ path, container: options.container, tracks, fragmentMs: 500 });
  const late = options.videoLateUs ?? 0;
  const all = [
    ...options.videoPackets.map((p) => ({
      ...p,
      ptsUs: p.ptsUs + late,
      dtsUs: p.dtsUs + late,
      track: 0,
      durationUs: 33_333,
    })),
    ...opus().map((p) => ({ ...p, ptsUs: p.ptsUs + 6500, dtsUs: p.dtsUs + 6500, track: 1, durationUs: 20_000 })),
  ].sort((a, b) => a.dtsUs - b.dtsUs);
  for (const packet of all) {
    muxer.write(packet);
    if (packet.dtsUs < 1_800_000) continue;
    copyFileSync(path, snapshot);
    break;
  }
  for (const packet of all.slice(all.findIndex((p) => p.dtsUs >= 1_800_000) + 1)) muxer.write(packet);
  muxer.finish();
  return { path, snapshot };
}

function ffmpegErrors(path: string): string {
  return execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'null', '-'], { encoding: 'utf8', stdio: 'pipe' });
}

function pictures(path: string): { count: number; errors: number; sizes: string[] } {
  const file = openMediaFile(path);
  let count = 0;
  const sizes = new Set<string>();
  for (const media of file.media()) {
    if (media.kind !== 'picture') continue;
    count += 1;
    sizes.add(`${media.picture.width}x${media.picture.height}`);
  }
  const errors = file.errorCount();
  file.close();
  return { count, errors, sizes: [...sizes] };
}

const SIZE = { width: 320, height: 180 };

describe('file muxer', () => {
  it.each([
    ['mp4', 'h264'],
    ['mp4', 'h265'],
    ['mp4', 'vp9'],
    ['mp4', 'av1'],
    ['webm', 'vp8'],
    ['webm', 'vp9'],
    ['webm', 'av1'],
  ] as const)('writes %s with %s and Opus that decodes whole, and is readable while it grows', (container, codec) => {
    const packets = video(codec, SIZE);
    const { path, snapshot } = write(codec, { container, codec, videoPackets: packets });
    expect(pictures(path)).toEqual({ count: 60, errors: 0, sizes: ['320x180'] });
    expect(ffmpegErrors(path)).toBe('');
    const facts = probeFile(path);
    expect(facts.tracks.map((track) => track.codec)).toEqual([codec, 'opus']);
    expect(Math.abs(facts.durationUs - 2_000_000)).toBeLessThan(5000);
    expect(pictures(snapshot).count).toBeGreaterThanOrEqual(36);
    expect(probeFile(snapshot).tracks).toHaveLength(2);
  });

  it('says that a track starts late, while the file grows and when it is finished', () => {
    const { path, snapshot } = write('late', {
      container: 'mp4',
      codec: 'h264',
      videoPackets: video('h264', SIZE),
      videoLateUs: 800_000,
    });
    for (const file of [path, snapshot]) {
      const first = probeFile(file).tracks.find((track) => track.kind === 'video');
      expect(Math.abs((first?.startUs ?? 0) - 800_000)).toBeLessThan(1000);
    }
  });

  it('keeps pictures that are decoded in another order than they are shown', () => {
    const packets = video('h264', SIZE, 2);
    expect(packets.some((packet) => packet.ptsUs !== packet.dtsUs)).toBe(true);
    const { path } = write('reordered', { container: 'mp4', codec: 'h264', videoPackets: packets });
    expect(pictures(path)).toMatchObject({ count: 60, errors: 0 });
    expect(ffmpegErrors(path)).toBe('');
  });

  it.each(['h264', 'h265', 'vp9', 'av1'] as const)(
    'keeps every picture when %s changes its size within an MP4',
    (codec) => {
      const first = video(codec, SIZE);
      const second = video(codec, { width: 640, height: 360 }).map((packet) => ({
        ...packet,
        ptsUs: packet.ptsUs + 2_000_000,
        dtsUs: packet.dtsUs + 2_000_000,
      }));
      const { path } = write(`resized-${codec}`, { container: 'mp4', codec, videoPackets: [...first, ...second] });
      expect(pictures(path)).toEqual({ count: 120, errors: 0, sizes: ['320x180', '640x360'] });
      expect(ffmpegErrors(path)).toBe('');
    },
  );

  it('refuses a codec its container cannot carry, with a code', () => {
    const tracks = [{ codec: 'vp8', width: 320, height: 180 }] as const;
    const attempt = () =>
      createFileMuxer({ path: join(directory, 'x.mp4'), container: 'mp4', tracks, fragmentMs: 500 });
    expect(attempt).toThrow(RoomtapeError);
    expect(attempt).toThrow(/vp8 to mp4/);
  });

  it('says when the directory does not exist', () => {
    const path = join(directory, 'absent', 'x.mp4');
    const attempt = () => createFileMuxer({ path, container: 'mp4', tracks: [{ codec: 'opus' }], fragmentMs: 500 });
    expect(attempt).toThrow(expect.objectContaining({ code: 'output-open-failed' }));
  });
});
