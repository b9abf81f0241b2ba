import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@roomtape/media';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newestChunkStart } from './tape-end.ts';
import { openTapeReader } from './tape-reader.ts';
import { openTape } from './tape-writer.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { readAll, sampleStart, sampleVideo } from './testing/sample-entries.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'roomtape-end-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('the newest chunk tells all that is in force, and nothing of the hours before it', async () => {
  expect(newestChunkStart(join(root, 'none'))).toBe(0);
  const limits = { chunkBytesMax: 4096 };
  const tape = await openTape({ directory: root, tapeId: 'tp', clock: createFakeClock(), log: silentLog, limits });
  for (const entry of sampleStart()) tape.append(entry);
  for (let i = 0; i < 100; i += 1) {
    tape.append(sampleVideo(i, 200));
    await tape.flush();
  }
  const fromSequence = newestChunkStart(root);
  const entries = readAll(openTapeReader(root, { fromSequence }));
  const frames = entries.filter(({ entry }) => entry.kind === 'frame');
  expect(fromSequence).toBeGreaterThan(80);
  expect(frames[0]?.sequence).toBe(fromSequence);
  expect(frames.at(-1)?.sequence).toBe(tape.nextSequence - 1);
  expect(entries.slice(0, 2).map(({ entry }) => entry.kind)).toEqual(['tape-opened', 'track-added']);
  await tape.close();
});
