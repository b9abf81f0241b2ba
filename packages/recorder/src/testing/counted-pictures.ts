// Pictures that carry their number, and their reading from picture files. For this package's tests only.

import { execFileSync } from 'node:child_process';
import { createVideoEncoder, type EncodedPacket } from '@roomtape/ffmpeg';
import type { VideoCodec } from '@roomtape/media';
import { readPicture, SyntheticPicture } from '@roomtape/testkit';

const WIDTH = 320;
const HEIGHT = 180;
const FPS = 10;

/** Encodes ten pictures a second or as many as asked for, 320 × 180, numbered from 0. */
export function countedPictures(options: {
  seconds: number;
  fps?: number;
  codec?: VideoCodec;
  gopFrames?: number;
  bFrames?: number;
}): EncodedPacket[] {
  const { seconds, fps = FPS, codec = 'h264', gopFrames = fps, bFrames = 0 } = options;
  const picture = new SyntheticPicture({ name: 'Ann', participantIndex: 5, width: WIDTH, height: HEIGHT });
  const size = { width: WIDTH, height: HEIGHT, fps };
  const encoder = createVideoEncoder({ codec, ...size, bitrate: 400_000, gopFrames, bFrames });
  const packets: EncodedPacket[] = [];
  for (let counter = 0; counter < seconds * fps; counter += 1) {
    const us = Math.round((counter * 1_000_000) / fps);
    // The flash would hide the number in its half second; signal time stands beside it.
    packets.push(...encoder.encode(picture.draw({ counter, signalUs: 500_000 }), us));
  }
  packets.push(...encoder.flush());
  encoder.close();
  return packets;
}

/** What a picture file shows: its size, number and participant. */
export function readPictureFile(path: string): {
  codec: string;
  width: number;
  height: number;
  counter: number | undefined;
  participantIndex: number | undefined;
} {
  const facts = ['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0', path];
  const [codec = '', width = '', height = ''] = execFileSync('ffprobe', facts, { encoding: 'utf8' }).trim().split(',');
  const args = ['-v', 'error', '-i', path, '-pix_fmt', 'gray', '-f', 'rawvideo', '-'];
  const size = { width: Number(width), height: Number(height) };
  const data = new Uint8Array(execFileSync('ffmpeg', args, { maxBuffer: 1 << 26 }));
  const { counter, participantIndex } = readPicture({ data, stride: size.width, ...size });
  return { codec, ...size, counter, participantIndex };
}
