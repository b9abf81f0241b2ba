// Another film of a finished recording, made as a user makes one: `roomtape render RECORDING --layout FILE --out FILM`.

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { MixRequest } from '@roomtape/api';

const MAIN = join(import.meta.dirname, '..', '..', 'apps', 'server', 'src', 'main.ts');
const run = promisify(execFile);

/** A film that was made, and how much faster than real time the command says it was. */
export type SecondFilm = { readonly path: string; readonly timesRealTime: number };

/** Makes it in a folder; rejects with what the command said. */
export async function renderSecondFilm(recording: string, request: MixRequest, folder: string): Promise<SecondFilm> {
  const [layout, path] = [join(folder, 'second.json'), join(folder, 'second.mp4')];
  writeFileSync(layout, JSON.stringify(request));
  const args = [MAIN, 'render', recording, '--layout', layout, '--out', path];
  const { stdout, stderr } = await run(process.execPath, args);
  const speeds = [...`${stdout}${stderr}`.matchAll(/([\d.]+) × real time/g)];
  const speed = speeds.at(-1)?.[1];
  if (speed === undefined) throw new Error(`render did not say how fast it was: ${stdout}${stderr}`);
  return { path, timesRealTime: Number(speed) };
}
