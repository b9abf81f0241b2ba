// What is mixed: clips made once with ffmpeg, as files for ffmpeg and as tapes for us, with parameter sets at every
// keyframe, as senders do. The pictures move and have noise, so that encoders have work; sound is noise in Opus.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { codecsOf, openMediaFile } from '@roomtape/ffmpeg';
import { createSystemClock, describeConfig, silentLog, type UnixUs, unixUs, usToTicks } from '@roomtape/media';
import type { MixStream } from '@roomtape/mixer';
import { openTape } from '@roomtape/tape';

/** One kind of source. */
export type ClipShape = {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly seconds: number;
};

/** Wall time at which every bench film begins. */
export const FILM_START: UnixUs = unixUs(1_700_000_000_000_000);

/** Makes a clip, one of several different ones, unless the folder has it; returns its file. */
export function makeClip(folder: string, shape: ClipShape, index: number): string {
  const { width, height, fps, seconds } = shape;
  const path = join(folder, `clip-${width}x${height}-${fps}-${seconds}s-${index}.nut`);
  if (existsSync(path)) return path;
  const picture = `testsrc2=s=${width}x${height}:r=${fps}:d=${seconds},hue=h=${index * 40},noise=alls=6:allf=t`;
  const sound = `anoisesrc=d=${seconds}:c=pink:a=0.1:r=48000:seed=${index},tremolo=f=3:d=0.9`;
  const video = ['-c:v', 'libx264', '-profile:v', 'baseline', '-preset', 'veryfast', '-tune', 'zerolatency'];
  const rate = [...['-b:v', String(Math.round(width * height * fps * 0.1))], ...['-g', String(2 * fps)]];
  const inBand = ['-bsf:v', 'dump_extra=freq=keyframe'];
  const audio = ['-c:a', 'libopus', '-b:a', '40k', '-ac', '1'];
  const inputs = [...['-f', 'lavfi', '-i', picture], ...['-f', 'lavfi', '-i', sound]];
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-y',
    ...inputs,
    ...video,
    ...rate,
    '-pix_fmt',
    'yuv420p',
    ...inBand,
    ...audio,
    path,
  ]);
  return path;
}

/** Writes a clip to a tape; returns what the facts of a mix say of it. */
export async function tapeOfClip(folder: string, clip: string, index: number): Promise<MixStream> {
  const name = `guest${index}`;
  const tapeDirectory = join(folder, name);
  const writer = await openTape({
    directory: tapeDirectory,
    tapeId: name,
    clock: createSystemClock(),
    log: silentLog,
    limits: { queueBytesMax: 1 << 30 },
  });
  const at = FILM_START;
  const file = openMediaFile(clip);
  const kinds = new Map(file.tracks.map((track) => [track.index, track.kind]));
  writer.append({ kind: 'tape-opened', at, tapeId: name, roomId: 'bench', streamId: name, userId: name });
  const { video = 'h264', audio = 'opus' } = codecsOf(file);
  writer.append({ kind: 'track-added', at, trackId: 1, mediaKind: 'video', codec: video, clockRate: 90_000 });
  writer.append({
    kind: 'track-added',
    at,
    trackId: 2,
    mediaKind: 'audio',
    codec: audio,
    clockRate: 48_000,
    channels: 1,
  });
  let isDescribed = false;
  for (const { track, ptsUs, key, data } of file.packets()) {
    const isVideo = kinds.get(track) === 'video';
    const arrivedAt = unixUs(FILM_START + Math.max(0, ptsUs) + 10_000);
    const pts = usToTicks(ptsUs + 1_000_000, isVideo ? 90_000 : 48_000);
    if (isVideo && !isDescribed) {
      isDescribed = true;
      const facts = describeConfig('h264', data);
      if (facts !== undefined) writer.append({ kind: 'config-changed', at, trackId: 1, ...facts });
    }
    const type = !isVideo || key ? 'key' : 'delta';
    writer.append({ kind: 'frame', trackId: isVideo ? 1 : 2, type, pts, dts: pts, arrivedAt, data });
  }
  file.close();
  await writer.seal('bench');
  await writer.close();
  const ids = { inputId: name, streamId: name, userId: name, userName: `Guest ${index}` };
  return { ...ids, kind: 'camera', joinedOrder: index, tapeDirectory, joinedAt: FILM_START };
}
