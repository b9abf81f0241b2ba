// An encoder that sends pictures out of order (B-frames), as OBS and FFmpeg do by WHIP: through the media plane onto
// a tape, from there into a file whose pictures are watched. On a fake clock, without a network.

import { join } from 'node:path';
import { createVideoEncoder, type EncodedPacket, openMediaFile } from '@roomtape/ffmpeg';
import { unixUs } from '@roomtape/media';
import { renderTape } from '@roomtape/recorder';
import { verifyTape } from '@roomtape/tape';
import { afterEach, expect, it } from 'vitest';
import { PlaneHarness } from '../../packages/webrtc/src/testing/plane-harness.ts';

const FPS = 30;
const PICTURES = 90;
const SIZE = { width: 160, height: 96 };
const levelOf = (index: number): number => 30 + 2 * index;

let harness: PlaneHarness;
afterEach(() => harness.close());

it('records pictures sent out of order so that they are shown in order, at their times', async () => {
  harness = new PlaneHarness();
  const { clock } = harness;
  const { publisher } = await harness.open({ kind: 'publish' });
  clock.advance(10);
  const { directory } = await harness.tape();
  const packets = brightening();
  expect(packets.some((packet, index) => packet.ptsUs < (packets[index - 1]?.ptsUs ?? 0))).toBe(true);
  packets.forEach((packet, index) => {
    if (index % FPS === 0) publisher.sendReports();
    publisher.sendEncoded(packet);
    clock.advance(1000 / FPS);
  });
  await harness.plane.stopTape('tape', 'test');

  const [file] = await renderTape({
    jobId: 'b',
    tapeDirectory: directory,
    outputDirectory: harness.directory,
    fileName: 'b',
    container: 'auto',
    media: 'video',
    audioCodec: 'aac',
    startAt: unixUs(0),
    fragmentMs: 500,
  });
  const shown = watch(file?.path ?? join(directory, 'none'));
  expect(shown.length).toBe(PICTURES);
  shown.forEach(({ level, ms }, index) => {
    expect(Math.abs(level - levelOf(index))).toBeLessThanOrEqual(2);
    expect(Math.abs(ms - (shown[0]?.ms ?? 0) - (index * 1000) / FPS)).toBeLessThan(1.5);
  });
  const [track] = verifyTape(directory).tracks;
  expect(track?.spans.map((span) => span.state)).toEqual(['recorded']);
  const recordedMs = ((track?.spans[0]?.toAt ?? 0) - (track?.spans[0]?.fromAt ?? 0)) / 1000;
  expect(Math.abs(recordedMs - (PICTURES * 1000) / FPS)).toBeLessThan(150);
});

/** Three seconds that grow brighter with every picture, with two B-frames between references. */
function brightening(): EncodedPacket[] {
  const encoder = createVideoEncoder({ codec: 'h264', ...SIZE, fps: FPS, bitrate: 400_000, gopFrames: 30, bFrames: 2 });
  const packets: EncodedPacket[] = [];
  const chroma = new Uint8Array((SIZE.width * SIZE.height) / 4).fill(128);
  for (let i = 0; i < PICTURES; i += 1) {
    const y = new Uint8Array(SIZE.width * SIZE.height).fill(levelOf(i));
    packets.push(...encoder.encode({ ...SIZE, y, u: chroma, v: chroma }, Math.round((i * 1_000_000) / FPS)));
  }
  packets.push(...encoder.flush());
  encoder.close();
  return packets;
}

function watch(path: string): { level: number; ms: number }[] {
  const file = openMediaFile(path);
  const shown: { level: number; ms: number }[] = [];
  for (const media of file.media()) {
    if (media.kind === 'picture')
      shown.push({ level: media.picture.y[SIZE.width * 40 + 80] ?? 0, ms: media.ptsUs / 1000 });
  }
  file.close();
  return shown;
}
