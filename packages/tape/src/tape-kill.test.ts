import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSeededIds } from '@roomtape/media';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTapeReader } from './tape-reader.ts';
import { endlessEntry } from './testing/endless-entry.ts';

const KILLS = 20;
const WRITER = join(import.meta.dirname, 'testing/endless-writer.ts');

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tape-kill-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Starts a writer, kills it when it printed so many lines; returns the last sequence it acknowledged. */
async function writeAndKill(lines: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (part: Uint8Array) => {
    text += new TextDecoder().decode(part);
    if (text.split('\n').length > lines) child.kill('SIGKILL');
  });
  await once(child, 'close');
  const acknowledged = text.split('\n').slice(0, -1);
  return Number(acknowledged.at(-1)?.split(' ')[1]);
}

test('a SIGKILL at any point loses nothing acknowledged, and the next process goes on', {
  timeout: 60_000,
}, async () => {
  const random = createSeededIds(20_261_122).uint32;
  let read = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const acknowledged = await writeAndKill(2 + (random() % 60));

    const reader = openTapeReader(directory);
    let next = 0;
    for (const { sequence, entry } of reader) {
      expect(sequence).toBe(next);
      expect(entry).toEqual(endlessEntry(sequence));
      next += 1;
    }
    reader.close();
    expect(next - 1, `kill ${kill}`).toBeGreaterThanOrEqual(acknowledged);
    expect(next).toBeGreaterThan(read);
    read = next;
  }
  expect(readdirSync(directory).length).toBeGreaterThan(KILLS);
});
