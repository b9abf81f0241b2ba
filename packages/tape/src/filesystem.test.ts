import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, silentLog } from '@roomtape/media';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeFilesystem } from './filesystem.ts';
import { openTapeReader } from './tape-reader.ts';
import { openTape } from './tape-writer.ts';
import { readAll, sampleStart, sampleVideo } from './testing/sample-entries.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tape-files-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('what is not there is empty, not an error', () => {
  const missing = join(directory, 'a/b');
  expect(nodeFilesystem.list(missing)).toEqual([]);
  expect(nodeFilesystem.exists(missing)).toBe(false);
  expect(nodeFilesystem.openForReading(missing)).toBeUndefined();
});

test('a chunk is created once, written at positions and read while open', async () => {
  const path = join(directory, '000000.tape');
  const file = await nodeFilesystem.create(path);
  await expect(nodeFilesystem.create(path)).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await file.writev([new Uint8Array([1, 2]), new Uint8Array([3, 4, 5])], 0)).toBe(5);
  expect(await file.writev([new Uint8Array([9])], 2)).toBe(1);
  await file.datasync();
  await nodeFilesystem.syncDirectory(directory);
  const reader = nodeFilesystem.openForReading(path);
  const target = new Uint8Array(10);
  expect(reader?.sizeBytes()).toBe(5);
  expect(reader?.read(target, 1)).toBe(4);
  expect([...target.subarray(0, 4)]).toEqual([2, 9, 4, 5]);
  reader?.close();
  await file.close();
  expect([...readFileSync(path)]).toEqual([1, 2, 9, 4, 5]);
});

test('many tapes in one process are written, synced and read back from a real disk', async () => {
  const clock = createSystemClock();
  const paths = Array.from({ length: 40 }, (_, index) => join(directory, `deep/${index}`));
  const entries = [...sampleStart(), sampleVideo(0, 50_000), sampleVideo(1, 3000)];
  await Promise.all(
    paths.map(async (path) => {
      const writer = await openTape({ directory: path, tapeId: 'tp_sample', clock, log: silentLog });
      for (const entry of entries) writer.append(entry);
      await writer.sync();
      await writer.close();
    }),
  );
  for (const path of paths) expect(readAll(openTapeReader(path)).map((item) => item.entry)).toEqual(entries);
});

test('a directory that cannot be made is refused at once', async () => {
  const path = join(directory, 'file');
  writeFileSync(path, 'in the way');
  const options = { directory: join(path, 'tape'), tapeId: 'tp_1', clock: createSystemClock(), log: silentLog };
  await expect(openTape(options)).rejects.toMatchObject({ code: 'ENOTDIR' });
});
