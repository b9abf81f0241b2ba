// Films for Chromium's made-up camera and microphone: pictures with the counter strip, and a beep each second.

import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyntheticPicture, writeBeep } from '@roomtape/testkit';

const [WIDTH, HEIGHT, FPS] = [320, 180, 30];
const SAMPLE_RATE = 48_000;
const WAV_HEADER_BYTES = 44;

/** Where the two films lie; `remove` deletes them. */
export type DeviceFilms = { readonly y4m: string; readonly wav: string; remove(): Promise<void> };

/** Writes films of that length: longer than a run, so that no counter comes twice. About 2.6 MB a second. */
export async function writeDeviceFilms(seconds: number): Promise<DeviceFilms> {
  const folder = await mkdtemp(join(tmpdir(), 'roomtape-devices-'));
  const [y4m, wav] = [join(folder, 'camera.y4m'), join(folder, 'microphone.wav')];
  await writePictures(y4m, seconds);
  await writeFile(wav, waveFile(seconds));
  return { y4m, wav, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function writePictures(path: string, seconds: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.write(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FPS}:1 Ip A1:1 C420jpeg\n`);
    const picture = new SyntheticPicture({ width: WIDTH, height: HEIGHT, participantIndex: 0, name: 'film' });
    for (let frame = 0; frame < seconds * FPS; frame++) {
      const { data } = picture.draw({ counter: frame, signalUs: Math.round((frame * 1e6) / FPS) });
      await file.write('FRAME\n');
      await file.write(data);
    }
  } finally {
    await file.close();
  }
}

function waveFile(seconds: number): Uint8Array {
  const samples = new Float32Array(seconds * SAMPLE_RATE);
  writeBeep(samples, 0, 1000);
  const bytes = new Uint8Array(WAV_HEADER_BYTES + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const text = new TextEncoder();
  bytes.set(text.encode('RIFF'), 0);
  view.setUint32(4, bytes.length - 8, true);
  bytes.set(text.encode('WAVEfmt '), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE, true);
  view.setUint32(28, SAMPLE_RATE * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  bytes.set(text.encode('data'), 36);
  view.setUint32(40, samples.length * 2, true);
  for (let i = 0; i < samples.length; i++) {
    view.setInt16(WAV_HEADER_BYTES + i * 2, Math.round((samples[i] ?? 0) * 32_767), true);
  }
  return bytes;
}
