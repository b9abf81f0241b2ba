import { createSeededIds, silentLog, unixUs } from '@roomtape/media';
import { describe, expect, test } from 'vitest';
import type { SequencedEntry, TapeEntry } from './entry.ts';
import { openTapeReader, type SkippedRange } from './tape-reader.ts';
import { openTape, type TapeWriter } from './tape-writer.ts';
import { createFakeClock, type FakeClock } from './testing/fake-clock.ts';
import { FaultFilesystem, type FaultKind, type PendingFate } from './testing/fault-filesystem.ts';
import { sampleAudio, sampleStart, sampleVideo } from './testing/sample-entries.ts';

const DIRECTORY = '/tape';
// Small enough that the scenario rolls several times and every batch has several pieces.
const LIMITS = { chunkBytesMax: 4000, batchBytes: 700, writeDelayMs: 80, retryDelayMs: 50 };

type Outcome = { appended: TapeEntry[]; syncedSequence: number; flushedSequence: number };

/** How long the disk takes, ms: nothing, and so long that batches and syncs meet. */
type Disk = { readonly writeMs: number; readonly syncMs: number };
const DISKS: Disk[] = [
  { writeMs: 0, syncMs: 0 },
  { writeMs: 0, syncMs: 130 },
  { writeMs: 50, syncMs: 20 },
];

describe.each(DISKS)('crash loop over every I/O call, writes of $writeMs and syncs of $syncMs ms', (disk) => {
  const fates: PendingFate[] = ['keep', 'drop', 'rubbish', 'random'];

  test.each(fates)('a power cut loses nothing that was synced (unsynced writes: %s)', async (fate) => {
    const calls = await countCalls(disk);
    for (let atCall = 2; atCall <= calls; atCall += 1) {
      const filesystem = new FaultFilesystem({ kind: 'power-cut', atCall });
      const outcome = await runScenario(filesystem, disk);
      for (let seed = 1; seed <= (fate === 'random' || fate === 'rubbish' ? 8 : 1); seed += 1) {
        const found = filesystem.afterPowerCut(fate, createSeededIds(seed).uint32);
        const label = `unsynced writes: ${fate}, call ${atCall}, seed ${seed}`;
        const survived = checkSurvivors(found, { outcome, acknowledged: outcome.syncedSequence, label });
        if (fate === 'drop' || fate === 'keep') expectPrefix(survived, label);
        await checkContinues(found, survived, label);
      }
    }
  });

  test('a killed process loses nothing that was flushed, and leaves a prefix', async () => {
    const calls = await countCalls(disk);
    for (let atCall = 2; atCall <= calls; atCall += 1) {
      const filesystem = new FaultFilesystem({ kind: 'power-cut', atCall });
      const outcome = await runScenario(filesystem, disk);
      const label = `call ${atCall}`;
      const found = filesystem.afterKill();
      const survived = checkSurvivors(found, { outcome, acknowledged: outcome.flushedSequence, label });
      expect(
        survived.map((item) => item.sequence),
        label,
      ).toEqual(survived.map((_, index) => index));
      await checkContinues(found, survived, label);
    }
  });

  const faults: FaultKind[] = ['error', 'cut-error', 'short'];
  test.each(faults)('a passing fault (%s) at any call loses no entry', async (kind) => {
    const total = await countCalls(disk);
    for (let atCall = 2; atCall <= total; atCall += 1) {
      for (const calls of [1, 3]) {
        const filesystem = new FaultFilesystem({ kind, atCall, calls });
        const outcome = await runScenario(filesystem, disk);
        const { entries, skipped } = readEverything(filesystem);
        const label = `${kind} at call ${atCall} for ${calls}`;
        expect(
          entries.map((item) => item.entry),
          label,
        ).toEqual(outcome.appended);
        expect(skipped, label).toEqual([]);
      }
    }
  });
});

async function countCalls(disk: Disk): Promise<number> {
  const filesystem = new FaultFilesystem();
  await runScenario(filesystem, disk);
  return filesystem.calls;
}

// A second of media with mute, flushes and syncs; rolls its chunk file by size. Goes on through faults.
async function runScenario(filesystem: FaultFilesystem, disk: Disk): Promise<Outcome> {
  const clock = createFakeClock();
  const takes = (ms: number) => (): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  if (disk.writeMs > 0) filesystem.writeTakes = takes(disk.writeMs);
  if (disk.syncMs > 0) filesystem.syncTakes = takes(disk.syncMs);
  const writer = await openTape({
    directory: DIRECTORY,
    tapeId: 'tp_sample',
    clock,
    log: silentLog,
    filesystem,
    limits: LIMITS,
  });
  const outcome: Outcome = { appended: [], syncedSequence: -1, flushedSequence: -1 };
  const append = (entry: TapeEntry): void => {
    writer.append(entry);
    outcome.appended.push(entry);
  };
  for (const entry of sampleStart()) append(entry);
  for (let index = 0; index < 60; index += 1) {
    append(sampleVideo(index, index % 10 === 0 ? 1500 : 60 + index));
    append(sampleAudio(index));
    if (index % 6 === 5) await acknowledge(writer.flush(), clock, outcome);
    if (index === 34) append({ kind: 'muted', at: unixUs(clock.now()), trackId: 2 });
    if (index % 20 === 13) await acknowledge(writer.sync(), clock, outcome, true);
    await clock.advance(40);
  }
  await clock.advance(2000);
  outcome.appended.push({ kind: 'tape-sealed', at: clock.now(), reason: 'done' });
  for (let attempt = 0; attempt < 6; attempt += 1) {
    await acknowledge(writer.seal('done'), clock, outcome, true);
    if (outcome.syncedSequence === writer.nextSequence - 1 || filesystem.dead) break;
  }
  const closing = writer.close();
  await clock.advance(1000);
  await closing;
  return outcome;
}

async function acknowledge(
  promise: ReturnType<TapeWriter['flush']>,
  clock: FakeClock,
  outcome: Outcome,
  synced = false,
): Promise<void> {
  const done = promise.then(
    ({ sequence }) => {
      outcome.flushedSequence = sequence;
      if (synced) outcome.syncedSequence = sequence;
    },
    () => {},
  );
  let isDone = false;
  void done.then(() => {
    isDone = true;
  });
  for (let waitedMs = 0; waitedMs < 60 || !isDone; waitedMs += 20) await clock.advance(20);
}

function readEverything(filesystem: FaultFilesystem): { entries: SequencedEntry[]; skipped: SkippedRange[] } {
  const reader = openTapeReader(DIRECTORY, { filesystem });
  const batch = reader.readBatch({ bytesMax: 1e9 });
  expect(batch.atEnd).toBe(true);
  reader.close();
  return batch;
}

function checkSurvivors(
  found: FaultFilesystem,
  expected: { outcome: Outcome; acknowledged: number; label: string },
): SequencedEntry[] {
  const { outcome, acknowledged, label } = expected;
  const { entries, skipped } = readEverything(found);
  for (const { sequence, entry } of entries) expect(entry, `${label} #${sequence}`).toEqual(outcome.appended[sequence]);
  const sequences = entries.map((item) => item.sequence);
  for (let sequence = 0; sequence <= acknowledged; sequence += 1) {
    expect(sequences[sequence], `${label}: acknowledged up to ${acknowledged}`).toBe(sequence);
  }
  const lost = skipped.reduce((sum, range) => sum + range.entriesLost, 0);
  const last = sequences.at(-1) ?? -1;
  expect(lost, `${label}: holes are reported`).toBe(last + 1 - entries.length);
  return entries;
}

function expectPrefix(survived: SequencedEntry[], label: string): void {
  const sequences = survived.map((item) => item.sequence);
  expect(sequences, label).toEqual([...sequences.keys()]);
}

async function checkContinues(found: FaultFilesystem, survived: SequencedEntry[], label: string): Promise<void> {
  if (survived.at(-1)?.entry.kind === 'tape-sealed') return;
  const clock = createFakeClock();
  const options = { directory: DIRECTORY, tapeId: 'tp_sample', clock, log: silentLog, filesystem: found };
  const writer = await openTape({ ...options, limits: LIMITS });
  expect(writer.nextSequence, label).toBeGreaterThan(survived.at(-1)?.sequence ?? -1);
  const more = [sampleVideo(60), sampleAudio(60)].map((entry) => ({ sequence: writer.append(entry) ?? -1, entry }));
  await writer.flush();
  await writer.close();
  expect(readEverything(found).entries, label).toEqual([...survived, ...more]);
}
