import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { silentLog } from '@roomtape/media';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTapeReader } from './tape-reader.ts';
import { openTape, type TapeWriter } from './tape-writer.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { readAll, sampleStart, sampleVideo } from './testing/sample-entries.ts';
import { verifyTape } from './verify.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'roomtape-moved-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const open = (directory: string): Promise<TapeWriter> =>
  openTape({ directory, tapeId: 'tp_sample', clock: createFakeClock(), log: silentLog });

test('a tape that was moved is read and continued, for nothing in it names where it was', async () => {
  const [before, after] = [join(root, 'first-place'), join(root, 'second-place')];
  const first = await open(before);
  for (const entry of sampleStart()) first.append(entry);
  for (let i = 0; i < 30; i += 1) first.append(sampleVideo(i));
  await first.close();
  renameSync(before, after);

  const names = readdirSync(after);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const bytes = readFileSync(join(after, name)).toString('latin1');
    expect(bytes).not.toContain(basename(root));
    expect(bytes).not.toContain('first-place');
  }
  const second = await open(after);
  for (let i = 30; i < 40; i += 1) second.append(sampleVideo(i));
  await second.seal('moved');
  const entries = readAll(openTapeReader(after)).map((item) => item.entry);
  expect(entries.filter((entry) => entry.kind === 'frame')).toHaveLength(40);
  expect(verifyTape(after)).toMatchObject({ sealed: true, skipped: [] });
});
