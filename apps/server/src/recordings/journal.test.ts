import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog, unixUs } from '@roomtape/media';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.ts';
import { temporaryDirectory } from '../testing/test-server.ts';
import { JOURNAL_FILE, Journal, readJournal, storageError } from './journal.ts';
import type { JournalEvent } from './journal-event.ts';

let root: string;
beforeEach(async () => {
  root = await temporaryDirectory();
});
afterEach(() => rm(root, { recursive: true, force: true }));

const first: JournalEvent = {
  kind: 'started',
  at: unixUs(1),
  recordingId: 'rec',
  request: { roomId: 'r', mode: 'single' },
};
const paused: JournalEvent = { kind: 'paused', at: unixUs(2) };
const resumed: JournalEvent = { kind: 'resumed', at: unixUs(3) };

describe('journal', () => {
  it('keeps what was appended, in order', async () => {
    const clock = createFakeClock();
    const journal = await Journal.begin({ directory: join(root, 'rec'), clock, log: silentLog }, first);
    const results = await Promise.all([journal.append(paused), journal.append(resumed)]);
    await journal.close();

    expect(results).toEqual([true, true]);
    expect((await readJournal(join(root, 'rec'))).events).toEqual([first, paused, resumed]);
  });

  it('writes what is still pending before it closes', async () => {
    const clock = createFakeClock();
    const journal = await Journal.begin({ directory: join(root, 'rec'), clock, log: silentLog }, first);
    void journal.append(paused);
    void journal.append(resumed);
    await journal.close();

    expect((await readJournal(join(root, 'rec'))).events).toEqual([first, paused, resumed]);
  });

  it('goes on after a torn line as if it had never been', async () => {
    const directory = join(root, 'rec');
    const options = { directory, clock: createFakeClock(), log: silentLog };
    await Journal.begin(options, first);
    await appendFile(join(directory, JOURNAL_FILE), '{"kind":"paus');
    const content = await readJournal(directory);
    const journal = Journal.resume(options, content);
    await journal.append(resumed);
    await journal.close();

    expect(content).toMatchObject({ events: [first], damagedLines: 0 });
    expect((await readJournal(directory)).events).toEqual([first, resumed]);
    expect(await readFile(join(directory, JOURNAL_FILE), 'utf8')).not.toContain('paus');
  });

  it('skips lines it cannot read and counts them', async () => {
    const lines = [
      JSON.stringify(first),
      'noise',
      '{"kind":"from-the-future","at":1}',
      '7',
      JSON.stringify(paused),
      '',
    ];
    await writeFile(join(root, JOURNAL_FILE), lines.join('\n'));

    expect(await readJournal(root)).toMatchObject({ events: [first, paused], damagedLines: 3 });
  });

  it('waits for a disk that refuses and then writes everything in order', async () => {
    const directory = join(root, 'rec');
    const clock = createFakeClock();
    const journal = await Journal.begin({ directory, clock, log: silentLog }, first);
    await rename(directory, join(root, 'away'));
    const refused = [await journal.append(paused), await journal.append(resumed)];
    expect([refused, journal.isDurable]).toEqual([[false, false], false]);

    await rename(join(root, 'away'), directory);
    await vi.waitFor(() => {
      clock.advance(1000);
      expect(journal.isDurable).toBe(true);
    });
    await journal.append({ kind: 'stopped', at: unixUs(4) });
    await journal.close();

    expect((await readJournal(directory)).events.map((event) => event.kind)).toEqual([
      'started',
      'paused',
      'resumed',
      'stopped',
    ]);
  });

  it('does not begin where it cannot be written', async () => {
    await writeFile(join(root, 'file'), '');
    const options = { directory: join(root, 'file', 'rec'), clock: createFakeClock(), log: silentLog };

    await expect(Journal.begin(options, first)).rejects.toMatchObject({ code: 'INTERNAL', blame: 'system' });
    expect(storageError(Object.assign(new Error('no space'), { code: 'ENOSPC' }))).toMatchObject({ code: 'DISK_FULL' });
  });
});
