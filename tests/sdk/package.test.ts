// The SDK as a package: small where every page pays for it, typed for whoever installs it, and its interface written
// down.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtFiles, CORE_GZIP_BYTES_MAX, coreFiles } from '../../scripts/build-sdk.ts';
import { sdkApiReference } from '../../scripts/sdk-api-reference.ts';
import { copySdkPackage } from './shared-build.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roomtape-package-'));
  await copySdkPackage(join(folder, 'node_modules', '@roomtape', 'sdk'));
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

it('costs every page at most 60 kB; encoders and muxers come when they are needed', () => {
  const dist = join(folder, 'node_modules', '@roomtape', 'sdk');
  const core = coreFiles(dist);
  const bytes = core.reduce((sum, file) => sum + file.gzipBytes, 0);

  console.log(`core ${(bytes / 1000).toFixed(1)} kB compressed: ${core.map(({ name }) => name).join(', ')}`);
  expect(bytes).toBeLessThanOrEqual(CORE_GZIP_BYTES_MAX);
  expect(builtFiles(dist).some(({ name, gzipBytes }) => name.includes('wasm-aac') && gzipBytes > 200_000)).toBe(true);
});

it('has types that stand alone in a strict program', async () => {
  const program = `import { createEngine, type DataRecordConfig, PUBLISH_CHANNELS, RoomtapeClientError } from '@roomtape/sdk';
    const engine = createEngine({ server: 'https://rec.example.org' });
    const config: DataRecordConfig = { filePath: 'lesson.mp4', recordType: 'audio-and-video' };
    await engine.startRecordingCapturedData(config, PUBLISH_CHANNELS[0]);
    engine.on('stream-added', ({ stream }) => { const state: 'connecting' | 'live' | 'interrupted' = stream.state; console.log(state); });
    const file: File = await engine.stopRecordingCapturedData('main');
    export const isTaken = (error: unknown): boolean => error instanceof RoomtapeClientError && error.code === 'STREAM_TAKEN';
    // @ts-expect-error there is no fifth channel
    await engine.stopPreview('fifth');
    export { file };`;
  const settings = {
    compilerOptions: {
      ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: [] },
      ...{ target: 'es2024', module: 'esnext', moduleResolution: 'bundler', lib: ['es2024', 'dom', 'dom.iterable'] },
    },
    files: ['page.ts'],
  };
  await writeFile(join(folder, 'page.ts'), program);
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));

  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  const said = await run(compiler, ['-p', folder]).catch((error: { stdout: string }) => error);

  expect(said.stdout).toBe('');
});

it('has its interface written down as it is', async () => {
  const written = await readFile(join(ROOT, 'docs', 'reference', 'client-sdk-api.md'), 'utf8');

  expect(written, 'run: node scripts/write-reference.ts').toBe(await sdkApiReference());
});
