// Media that FFmpeg encodes, frame by frame as ffprobe reads it. Not part of the product.

import { execFileSync } from 'node:child_process';

/** What ffprobe says of a file's one stream. */
export type FfmpegSample = {
  readonly stream: { readonly width: number; readonly height: number; readonly codec_name: string };
  readonly frames: readonly { readonly key: boolean; readonly data: Uint8Array }[];
};

/** Encodes a source of FFmpeg's into a file, whose name tells its format, and reads it. Throws what FFmpeg ended with. */
export function encodeSample(path: string, input: string, options: string): FfmpegSample {
  const args = ['-v', 'error', '-y', '-f', 'lavfi', '-i', input, ...options.split(' '), path];
  execFileSync('ffmpeg', args, { stdio: ['ignore', 'ignore', 'ignore'] });
  const show = ['-v', 'error', '-show_streams', '-show_packets', '-show_data', '-of', 'json', path];
  const { streams, packets } = JSON.parse(execFileSync('ffprobe', show, { maxBuffer: 2 ** 28 }).toString());
  const frames = packets.map(({ flags, data }: { flags: string; data: string }) => ({
    key: flags.startsWith('K'),
    data: fromHexDump(data),
  }));
  return { stream: streams[0], frames };
}

/** Reads ffprobe's dump: an offset of ten characters, then 40 of hex, then text. */
function fromHexDump(dump: string): Uint8Array {
  const hex = dump.split('\n').map((line) => line.slice(10, 50).replaceAll(' ', ''));
  return Uint8Array.from(Buffer.from(hex.join(''), 'hex'));
}
