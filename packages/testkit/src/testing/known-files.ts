// Makes media files with known faults for the analyser's own tests, muxed by the ffmpeg command: a writer that
// nobody here wrote. Needs `ffmpeg` in the PATH.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beepHzOf, SAMPLE_RATE, writeBeep } from '../flash-beep.ts';
import { createSyntheticSource, type SyntheticSourceOptions } from '../synthetic-source.ts';

/** What a known file holds. Times in seconds of the file. */
export type KnownFileOptions = {
  readonly seconds: number;
  /** Signal time of the file's start. */
  readonly phaseS?: number;
  /** How late the sound is. */
  readonly audioLateMs?: number;
  /** How much slower the sound plays than the picture, parts per million. */
  readonly audioDriftPpm?: number;
  /** Stretches of the sound that are silenced. */
  readonly silentS?: readonly (readonly [number, number])[];
  /** Pictures left out, by number; the rest keep their times. */
  readonly droppedFrames?: (frame: number) => boolean;
  /** Arguments between the inputs and the output, such as codecs. */
  readonly output?: readonly string[];
  readonly extension?: string;
  readonly source?: Partial<SyntheticSourceOptions>;
};

/** A folder that is removed after the tests of a file. */
export class KnownFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'roomtape-known-'));
  #count = 0;

  /** Makes a file and returns its path. */
  make(options: KnownFileOptions): string {
    const number = this.#count++;
    const wav = join(this.folder, `${number}.wav`);
    const picture = join(this.folder, `${number}.nut`);
    const out = join(this.folder, `${number}.${options.extension ?? 'mp4'}`);
    writeFileSync(wav, wavOf(soundOf(options)));
    this.#makePicture(picture, options);
    const codecs = options.output ?? ['-c:v', 'copy', '-c:a', 'aac', '-b:a', '96k'];
    ffmpeg(['-i', picture, '-i', wav, '-map', '0:v', '-map', '1:a', ...codecs, out]);
    return out;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Raw H.264 has no times: pictures are numbered by rate, and left out with their times kept. */
  #makePicture(path: string, options: KnownFileOptions): void {
    const raw = `${path}.h264`;
    const source = createSyntheticSource({
      name: 'known',
      participantIndex: 1,
      width: 320,
      height: 180,
      media: 'video',
      signalStartUs: (options.phaseS ?? 0) * 1e6,
      ...options.source,
    });
    const frames = source.read(options.seconds * 1e6 - 1).map((frame) => frame.data);
    source.close();
    writeFileSync(raw, Buffer.concat(frames));
    const fps = String(options.source?.fps ?? 30);
    const dropped = frames.map((_, i) => i).filter((i) => options.droppedFrames?.(i) ?? false);
    if (dropped.length === 0) {
      ffmpeg(['-r', fps, '-i', raw, '-c', 'copy', path]);
      return;
    }
    // Re-encoded, because what is left out must not be a reference of what stays.
    const select = dropped.map((i) => `eq(n,${i})`).join('+');
    const filter = ['-vf', `select='not(${select})'`, '-fps_mode', 'passthrough', '-enc_time_base', '1:90000'];
    ffmpeg(['-r', fps, '-i', raw, ...filter, '-c:v', 'libx264', '-bf', '0', '-preset', 'ultrafast', path]);
  }
}

function soundOf(options: KnownFileOptions): Float32Array {
  const samples = new Float32Array(Math.round(options.seconds * SAMPLE_RATE));
  const start = Math.round(((options.phaseS ?? 0) - (options.audioLateMs ?? 0) / 1000) * SAMPLE_RATE);
  const pace = 1 - (options.audioDriftPpm ?? 0) / 1e6;
  const hz = beepHzOf(options.source?.participantIndex ?? 1);
  const one = new Float32Array(1);
  if (pace === 1) writeBeep(samples, start, hz);
  for (let i = 0; pace !== 1 && i < samples.length; i++) {
    writeBeep(one, start + i * pace, hz);
    samples[i] = one[0] ?? 0;
  }
  for (const [from, to] of options.silentS ?? []) samples.fill(0, from * SAMPLE_RATE, to * SAMPLE_RATE);
  return samples;
}

function wavOf(samples: Float32Array): Uint8Array {
  const bytes = Buffer.alloc(44 + samples.length * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples.length * 2, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(SAMPLE_RATE, 24);
  bytes.writeUInt32LE(SAMPLE_RATE * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, i) => {
    bytes.writeInt16LE(Math.round(sample * 32_767), 44 + i * 2);
  });
  return bytes;
}

function ffmpeg(args: readonly string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}
