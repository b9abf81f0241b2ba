// A small flash-and-beep source and its analyser: the picture is white and a 1 kHz tone sounds for the first
// 100 ms of every second. For this package's content tests only.

import {
  createAudioEncoder,
  createVideoEncoder,
  type EncodedPacket,
  openMediaFile,
  type Picture,
} from '@roomtape/ffmpeg';
import type { VideoCodec } from '@roomtape/media';

/** How the source is encoded. */
export type SourceOptions = {
  readonly seconds: number;
  readonly codec?: VideoCodec;
  readonly width?: number;
  readonly height?: number;
  readonly gopFrames?: number;
  readonly bFrames?: number;
  readonly fps?: number;
  readonly bitrate?: number;
};

const RATE = 48_000;

/** Encodes the pictures; packet times are µs of the source. */
export function flashes(options: SourceOptions): EncodedPacket[] {
  const { seconds, width = 160, height = 96, fps = 30 } = options;
  const encoder = createVideoEncoder({
    codec: options.codec ?? 'h264',
    width,
    height,
    fps,
    bitrate: options.bitrate ?? 200_000,
    gopFrames: options.gopFrames ?? fps,
    bFrames: options.bFrames ?? 0,
  });
  const packets: EncodedPacket[] = [];
  for (let i = 0; i < seconds * fps; i += 1) {
    const ptsUs = Math.round((i * 1_000_000) / fps);
    packets.push(...encoder.encode(pictureAt(i, { width, height, fps }), ptsUs));
  }
  packets.push(...encoder.flush());
  encoder.close();
  return packets;
}

/** Encodes the sound in 20 ms Opus packets; times are those of the sound, the codec's delay taken out. */
export function beeps(options: { seconds: number; channels?: number }): EncodedPacket[] {
  const channels = options.channels ?? 1;
  const encoder = createAudioEncoder({ codec: 'opus', channels, bitrate: 40_000 });
  const packets: EncodedPacket[] = [];
  for (let i = 0; i < options.seconds * 50; i += 1) {
    const plane = Float32Array.from({ length: 960 }, (_, n) => {
      const at = i * 960 + n;
      return at % RATE < RATE / 10 ? Math.sin((at * 2 * Math.PI) / 48) * 0.5 : 0;
    });
    packets.push(
      ...encoder.encode(
        Array.from({ length: channels }, () => plane),
        i * 20_000,
      ),
    );
  }
  encoder.close();
  return packets;
}

/** What a file shows and sounds. */
export type Watched = {
  readonly flashesMs: number[];
  readonly beepsMs: number[];
  readonly pictures: number;
  readonly sizes: string[];
  readonly errors: number;
  readonly lastPictureMs: number;
  readonly soundMs: number;
  readonly firstPictureMs: number;
};

/** Decodes a whole file and finds the flashes and beeps. */
export function watch(path: string): Watched {
  const file = openMediaFile(path);
  const flashesMs: number[] = [];
  const beepsMs: number[] = [];
  const sizes = new Set<string>();
  let [pictures, lastPictureMs, firstPictureMs, wasBright, quietUntil, soundMs] = [0, 0, -1, false, -1, 0];
  for (const media of file.media()) {
    const ms = media.ptsUs / 1000;
    if (media.kind === 'picture') {
      pictures += 1;
      if (firstPictureMs < 0) firstPictureMs = ms;
      sizes.add(`${media.picture.width}x${media.picture.height}`);
      const bright = (media.picture.y[media.picture.width * 4 + 8] ?? 0) > 128;
      if (bright && !wasBright) flashesMs.push(ms);
      wasBright = bright;
      lastPictureMs = ms;
      continue;
    }
    const plane = media.samples[0] ?? new Float32Array();
    for (let i = 0; i < plane.length; i += 1) {
      if (Math.abs(plane[i] ?? 0) < 0.2) continue;
      const at = ms + (i * 1000) / media.sampleRate;
      if (at > quietUntil) beepsMs.push(at);
      quietUntil = at + 50;
    }
    soundMs = ms + (plane.length * 1000) / media.sampleRate;
  }
  const errors = file.errorCount();
  file.close();
  return { flashesMs, beepsMs, pictures, sizes: [...sizes], errors, lastPictureMs, soundMs, firstPictureMs };
}

/** How loud the quietest 5 ms between two times of a file are, 0 to 1. */
export function quietest(path: string, { fromUs, toUs }: { fromUs: number; toUs: number }): number {
  const file = openMediaFile(path);
  const samples: number[] = [];
  for (const media of file.media()) {
    if (media.kind === 'picture') continue;
    for (const [i, sample] of (media.samples[0] ?? []).entries()) {
      const us = media.ptsUs + (i * 1e6) / media.sampleRate;
      if (us >= fromUs && us < toUs) samples.push(sample);
    }
  }
  file.close();
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 240 <= samples.length; at += 240) {
    const energy = samples.slice(at, at + 240).reduce((sum, sample) => sum + sample * sample, 0);
    least = Math.min(least, Math.sqrt(energy / 240));
  }
  return least;
}

/** Bytes of the packets of sound between two times of a file. */
export function soundBytes(path: string, { fromUs, toUs }: { fromUs: number; toUs: number }): number[] {
  const file = openMediaFile(path);
  const track = file.tracks.findIndex(({ kind }) => kind === 'audio');
  const packets = [...file.packets()].filter((packet) => packet.track === track);
  file.close();
  return packets.flatMap(({ ptsUs, data }) => (ptsUs >= fromUs && ptsUs < toUs ? [data.length] : []));
}

/** For every flash the nearest beep within half a second: beep minus flash, ms. */
export function offsetsMs(watched: Watched): number[] {
  return watched.flashesMs.flatMap((flash) => {
    const near = watched.beepsMs.filter((beep) => Math.abs(beep - flash) < 400);
    return near.length === 0 ? [] : [Math.min(...near.map((beep) => Math.abs(beep - flash)))];
  });
}

type Geometry = { readonly width: number; readonly height: number; readonly fps: number };

function pictureAt(index: number, geometry: Geometry): Picture {
  const { width, height, fps } = geometry;
  const level = (index / fps) % 1 < 0.0999 ? 235 : 40;
  const half = (width / 2) * (height / 2);
  const y = new Uint8Array(width * height).fill(level);
  // A moving bar below, so that no two pictures are equal.
  const row = height - 8;
  for (let i = 0; i < width; i += 1) y.fill((i + index * 5) & 255, row * width + i, row * width + i + 1);
  return { width, height, y, u: new Uint8Array(half).fill(128), v: new Uint8Array(half).fill(128) };
}
