// The peer: the ffmpeg command line mixing the same clips with `filter_complex`, names and mark drawn, corners square.

import { spawnSync } from 'node:child_process';
import type { MixCost } from './mix-main.ts';

/** What ffmpeg is asked for. */
export type FfmpegMix = {
  readonly clips: readonly string[];
  readonly canvas: { readonly width: number; readonly height: number; readonly fps: number };
  readonly columns: number;
  readonly rows: number;
  readonly rate: readonly string[];
  /** PNG drawn into the corner, and the font of the names; absent: neither is drawn. */
  readonly overlay?: { readonly mark: string; readonly font: string };
  readonly output: string;
};

/** Runs it and returns what it says it took. Throws with its words when it fails. */
export function mixWithFfmpeg(mix: FfmpegMix): MixCost {
  const { clips, canvas, rate, overlay, output } = mix;
  const inputs = [...clips, ...(overlay === undefined ? [] : [overlay.mark])].flatMap((clip) => ['-i', clip]);
  const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-g', String(2 * canvas.fps), ...rate];
  const sound = ['-c:a', 'libopus', '-b:a', '64k', '-ac', '1', '-ar', '48000'];
  const maps = ['-map', '[v]', '-map', '[a]'];
  const args = ['-y', '-benchmark', ...inputs, '-filter_complex', filterOf(mix), ...maps, ...encode, ...sound, output];
  const { stderr, status } = spawnSync('ffmpeg', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  const times = /bench: utime=([\d.]+)s stime=([\d.]+)s rtime=([\d.]+)s/.exec(stderr);
  const memory = /bench: maxrss=(\d+)kB/.exec(stderr);
  if (status !== 0 || times === null) throw new Error(`ffmpeg failed: ${stderr.slice(-2000)}`);
  const [user, system, wall] = times.slice(1).map(Number);
  return { cpuSeconds: (user ?? 0) + (system ?? 0), wallSeconds: wall ?? 0, rssMib: Number(memory?.[1] ?? 0) / 1024 };
}

function filterOf({ clips, canvas, columns, rows, overlay }: FfmpegMix): string {
  const width = Math.floor(canvas.width / columns / 2) * 2;
  const height = Math.floor(canvas.height / rows / 2) * 2;
  const text = (index: number): string =>
    overlay === undefined
      ? ''
      : `,drawtext=fontfile=${overlay.font}:text='Guest ${index}':fontsize=20:fontcolor=white:x=8:y=h-28:box=1:boxcolor=black@0.5`;
  const tiles = clips.map((_, index) => `[${index}:v]scale=${width}:${height}${text(index)}[t${index}]`);
  const places = clips.map((_, index) => `${(index % columns) * width}_${Math.floor(index / columns) * height}`);
  const stack = `${clips.map((_, index) => `[t${index}]`).join('')}xstack=inputs=${clips.length}:layout=${places.join('|')}`;
  const canvasFilter = `pad=${canvas.width}:${canvas.height},fps=${canvas.fps}`;
  const mark = overlay === undefined ? '[v]' : `[base];[base][${clips.length}:v]overlay=W-w-16:16[v]`;
  const voices = `${clips.map((_, index) => `[${index}:a]`).join('')}amix=inputs=${clips.length}:normalize=0,alimiter[a]`;
  return [...tiles, `${stack},${canvasFilter}${mark}`, voices].join(';');
}
