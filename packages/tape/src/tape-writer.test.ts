import { silentLog, ticks, unixUs } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TapeEntry } from './entry.ts';
import { openTapeReader } from './tape-reader.ts';
import { openTape, type TapeWriter, type TapeWriterOptions } from './tape-writer.ts';
import { createFakeClock, type FakeClock } from './testing/fake-clock.ts';
import { FaultFilesystem } from './testing/fault-filesystem.ts';
import { readAll, sampleAudio, sampleStart, sampleVideo } from './testing/sample-entries.ts';

type Rig = { writer: TapeWriter; filesystem: FaultFilesystem; clock: FakeClock };

async function openRig(options: Partial<TapeWriterOptions> & { filesystem?: FaultFilesystem } = {}): Promise<Rig> {
  const clock = createFakeClock();
  const filesystem = options.filesystem ?? new FaultFilesystem();
  const base = { directory: '/tape', tapeId: 'tp_sample', clock, log: silentLog };
  return { writer: await openTape({ ...base, ...options, filesystem }), filesystem, clock };
}

function entriesOf(filesystem: FaultFilesystem): TapeEntry[] {
  return readAll(openTapeReader('/tape', { filesystem })).map((item) => item.entry);
}

const safeInteger = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
const anyFrame = fc.record({
  kind: fc.constant('frame' as const),
  trackId: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  type: fc.constantFrom('key' as const, 'delta' as const),
  pts: safeInteger.map(ticks),
  dts: safeInteger.map(ticks),
  arrivedAt: safeInteger.map(unixUs),
  data: fc.uint8Array({ maxLength: 3000 }),
});
const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const anyFact: fc.Arbitrary<TapeEntry> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('config-changed' as const),
      at: safeInteger.map(unixUs),
      trackId: fc.nat(),
      codecString: anyText,
      width: fc.nat(),
      config: fc.uint8Array({ maxLength: 200 }),
    },
    { requiredKeys: ['kind', 'at', 'trackId', 'codecString'] },
  ),
  fc.record({
    kind: fc.constantFrom('muted' as const, 'unmuted' as const),
    at: safeInteger.map(unixUs),
    trackId: fc.nat(),
  }),
  fc.record({
    kind: fc.constant('track-ended' as const),
    at: safeInteger.map(unixUs),
    trackId: fc.nat(),
    reason: anyText,
  }),
);

describe('writing', () => {
  test('gives back every entry as it was appended, in any mix and across chunk files', async () => {
    const anyEntries = fc.array(fc.oneof({ weight: 3, arbitrary: anyFrame }, anyFact), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(anyEntries, fc.integer({ min: 300, max: 20_000 }), async (entries, chunkBytesMax) => {
        const { writer, filesystem } = await openRig({ limits: { chunkBytesMax } });
        for (const [index, entry] of entries.entries()) expect(writer.append(entry)).toBe(index);
        await writer.flush();
        expect(entriesOf(filesystem)).toEqual(entries);
        await writer.close();
      }),
      { numRuns: 150 },
    );
  });

  test('makes an entry readable within the write delay, and has no timer when idle', async () => {
    const { writer, filesystem, clock } = await openRig();
    expect(clock.pendingTimers).toBe(0);
    writer.append(sampleVideo(0));

    await clock.advance(249);
    expect(entriesOf(filesystem)).toEqual([]);
    await clock.advance(2);
    expect(entriesOf(filesystem)).toEqual([sampleVideo(0)]);

    await clock.advance(2000);
    expect(writer.describe()).toMatchObject({ syncedSequence: 0, queuedBytes: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  test('writes a full batch without waiting', async () => {
    const { writer, filesystem, clock } = await openRig({ limits: { batchBytes: 1000 } });
    writer.append(sampleVideo(0, 2000));
    await clock.advance(0);
    expect(entriesOf(filesystem)).toHaveLength(1);
  });

  test('starts a new chunk file by age', async () => {
    const { writer, filesystem, clock } = await openRig({ limits: { chunkMsMax: 5000 } });
    for (let index = 0; index < 20; index += 1) {
      writer.append(sampleAudio(index));
      await clock.advance(600);
    }
    expect(filesystem.list('/tape')).toEqual(['000000.tape', '000001.tape', '000002.tape']);
    expect(entriesOf(filesystem)).toHaveLength(20);
  });

  test('takes nothing after seal, and refuses to open a sealed tape', async () => {
    const { writer, filesystem } = await openRig();
    writer.append(sampleVideo(0));
    expect(await writer.seal('stopped')).toMatchObject({ sequence: 1 });
    expect(writer.append(sampleVideo(1))).toBeUndefined();
    await writer.close();
    await expect(openRig({ filesystem })).rejects.toMatchObject({ code: 'tape-sealed' });
  });

  test('refuses the directory of another tape', async () => {
    const { writer, filesystem } = await openRig();
    writer.append(sampleVideo(0));
    await writer.close();
    await expect(openRig({ filesystem, tapeId: 'tp_other' })).rejects.toMatchObject({ code: 'tape-mismatch' });
  });
});

describe('continuing', () => {
  test('tells how the tape broke off and goes on with the next sequence', async () => {
    const first = await openRig();
    for (const entry of sampleStart()) first.writer.append(entry);
    first.writer.append({ kind: 'muted', at: unixUs(1), trackId: 2 });
    first.writer.append(sampleVideo(0));
    await first.writer.flush();

    const second = await openRig({ filesystem: first.filesystem.afterKill() });
    expect(second.writer.recovered).toMatchObject({
      sealed: false,
      lastAt: sampleVideo(0).arrivedAt,
      nextSequence: 7,
      mutedTrackIds: [2],
      nextTrackId: 3,
      paused: false,
      skipped: [],
    });
    expect(second.writer.recovered?.openTracks.map((track) => track.trackId)).toEqual([1, 2]);
    expect(second.writer.append(sampleVideo(1))).toBe(7);
    await second.writer.flush();
    expect(entriesOf(second.filesystem)).toHaveLength(8);
  });

  test('never reuses a track number, also when its track ended many chunks ago', async () => {
    const first = await openRig({ limits: { chunkBytesMax: 1000 } });
    for (const entry of sampleStart()) first.writer.append(entry);
    first.writer.append({ kind: 'track-ended', at: unixUs(1), trackId: 2, reason: 'left' });
    for (let index = 0; index < 50; index += 1) first.writer.append(sampleVideo(index));
    await first.writer.flush();
    const second = await openRig({ filesystem: first.filesystem.afterKill() });
    expect(second.writer.recovered?.nextTrackId).toBe(3);
    expect(second.writer.recovered?.openTracks.map((track) => track.trackId)).toEqual([1]);
  });
});

describe('a disk that cannot keep up', () => {
  test('a full disk stalls the tape, loses nothing written, and becomes one gap per track', async () => {
    const calls: string[] = [];
    const handlers = {
      onStalled: (code: string) => calls.push(`stalled ${code}`),
      onRecovered: () => calls.push('recovered'),
      onKeyframeNeeded: () => calls.push('keyframe'),
    };
    const { writer, filesystem, clock } = await openRig({ handlers, limits: { queueBytesMax: 20_000 } });
    filesystem.capacityBytes = 10_000;
    for (const entry of sampleStart()) writer.append(entry);
    for (let index = 0; index < 90; index += 1) {
      writer.append(sampleVideo(index, 1000));
      if (index % 2 === 0) writer.append(sampleAudio(index));
      await clock.advance(33);
    }
    expect(calls).toEqual(['stalled ENOSPC']);
    expect(writer.describe().state).toBe('stalled');
    await expect(writer.flush()).rejects.toMatchObject({ code: 'tape-stalled', retryable: true });
    const before = entriesOf(filesystem);

    filesystem.capacityBytes = 1e9;
    await clock.advance(1100);
    expect(calls).toEqual(['stalled ENOSPC', 'keyframe', 'recovered']);
    for (let index = 115; index < 125; index += 1) {
      writer.append(sampleVideo(index, 1000));
      writer.append(sampleAudio(index));
    }
    await writer.seal('stopped');

    const after = entriesOf(filesystem);
    expect(after.slice(0, before.length)).toEqual(before);
    const gaps = after.filter((entry) => entry.kind === 'gap');
    const dropped = writer.describe().droppedFrames;
    expect(gaps.map((gap) => [gap.trackId, gap.reason, gap.toTicks])).toEqual([
      [2, 'disk-full', sampleAudio(115).pts],
      [1, 'disk-full', sampleVideo(120).pts],
    ]);
    expect(gaps.reduce((sum, gap) => sum + (gap.framesDropped ?? 0), 0)).toBe(dropped);
    expect(after.filter((entry) => entry.kind === 'frame')).toHaveLength(90 + 45 + 20 - dropped);
  });

  test('a short stall within the queue limit loses nothing and writes no gap', async () => {
    const { writer, filesystem, clock } = await openRig();
    filesystem.capacityBytes = 1000;
    for (let index = 0; index < 30; index += 1) writer.append(sampleVideo(index, 100));
    await clock.advance(300);
    expect(writer.describe().state).toBe('stalled');
    filesystem.capacityBytes = 1e9;
    await clock.advance(1100);
    expect(entriesOf(filesystem)).toHaveLength(30);
    expect(writer.describe().state).toBe('open');
  });

  test('a slow disk drops frames at the queue limit as overload', async () => {
    const { writer, filesystem, clock } = await openRig({ limits: { queueBytesMax: 5000 } });
    for (let index = 0; index < 20; index += 1) writer.append(sampleVideo(index, 500));
    expect(writer.describe().queuedBytes).toBeLessThanOrEqual(5000);
    await clock.advance(300);
    expect(writer.append(sampleVideo(21, 500))).toBeUndefined();
    expect(writer.append(sampleVideo(30, 500))).toBeGreaterThan(0);
    await writer.flush();
    const gap = entriesOf(filesystem).find((entry) => entry.kind === 'gap');
    expect(gap).toMatchObject({ reason: 'overload', trackId: 1, toTicks: sampleVideo(30).pts });
  });

  test('a frame larger than the whole queue is taken when nothing waits, and one beyond the format is a gap', async () => {
    const { writer, filesystem } = await openRig({ limits: { queueBytesMax: 5000 } });
    expect(writer.append(sampleVideo(0, 20_000))).toBe(0);
    await writer.flush();
    expect(writer.append({ ...sampleVideo(30), data: new Uint8Array(16 * 1024 * 1024) })).toBeUndefined();
    expect(writer.append(sampleVideo(60))).toBe(2);
    await writer.flush();
    expect(entriesOf(filesystem).map((entry) => entry.kind)).toEqual(['frame', 'gap', 'frame']);
  });

  test('facts beyond twice the limit are refused and counted, the seal never is', async () => {
    const { writer, filesystem } = await openRig({ limits: { queueBytesMax: 1000 } });
    const fact: TapeEntry = { kind: 'paused', at: unixUs(1) };
    for (let index = 0; index < 100; index += 1) writer.append(fact);
    const { nextSequence, refusedEntries } = writer.describe();
    expect(nextSequence + refusedEntries).toBe(100);
    await writer.seal('stopped');
    expect(entriesOf(filesystem)).toHaveLength(nextSequence + 1);
    expect(entriesOf(filesystem).at(-1)?.kind).toBe('tape-sealed');
  });

  test('after a failed sync says what is uncertain and goes on in another file', async () => {
    // Calls: directory, create, directory sync, write, data sync.
    const rig = await openRig({ filesystem: new FaultFilesystem({ kind: 'error', atCall: 5 }) });
    rig.writer.append(sampleVideo(0));
    await expect(rig.writer.sync()).rejects.toMatchObject({ code: 'tape-stalled', details: { code: 'EIO' } });
    expect(rig.writer.describe()).toMatchObject({ uncertainEntries: 1, syncedSequence: -1, writtenSequence: 0 });
    rig.writer.append(sampleVideo(1));
    await rig.clock.advance(1100);
    expect(rig.filesystem.list('/tape')).toEqual(['000000.tape', '000001.tape']);
    await expect(rig.writer.sync()).resolves.toMatchObject({ sequence: 1 });
    expect(entriesOf(rig.filesystem)).toHaveLength(2);
  });

  test('a sync that takes long delays no write', async () => {
    const { writer, filesystem, clock } = await openRig();
    filesystem.syncTakes = () => new Promise((resolve) => void clock.after(5000, resolve));
    writer.append(sampleVideo(0));
    await clock.advance(1500);
    writer.append(sampleVideo(1));
    await clock.advance(260);

    expect(entriesOf(filesystem)).toHaveLength(2);
    expect(writer.describe()).toMatchObject({ syncedSequence: -1, writtenSequence: 1 });
    await clock.advance(5000);
    expect(writer.describe()).toMatchObject({ syncedSequence: 0 });
    await clock.advance(6000);
    expect(writer.describe()).toMatchObject({ syncedSequence: 1 });
    expect(clock.pendingTimers).toBe(0);
  });

  test('what is written while a sync fails is uncertain, too', async () => {
    const { writer, filesystem, clock } = await openRig();
    filesystem.syncTakes = async () => {
      await new Promise<void>((resolve) => void clock.after(500, resolve));
      throw Object.assign(new Error('injected'), { code: 'EIO' });
    };
    writer.append(sampleVideo(0));
    await clock.advance(1300);
    writer.append(sampleVideo(1));
    await clock.advance(600);

    expect(writer.describe()).toMatchObject({ state: 'stalled', uncertainEntries: 2, syncedSequence: -1 });
    filesystem.syncTakes = async () => {};
    writer.append(sampleVideo(2));
    await clock.advance(1100);
    await expect(writer.sync()).resolves.toMatchObject({ sequence: 2 });
    expect(writer.describe()).toMatchObject({ state: 'open', uncertainEntries: 2 });
    expect(filesystem.list('/tape')).toEqual(['000000.tape', '000001.tape']);
  });

  test('a new file whose name could not be synced is synced before anything is written to it', async () => {
    // Calls: directory, create, directory sync.
    const { writer, filesystem, clock } = await openRig({
      filesystem: new FaultFilesystem({ kind: 'error', atCall: 3 }),
    });
    writer.append(sampleVideo(0));
    await clock.advance(1500);
    await writer.sync();

    expect(entriesOf(filesystem.afterPowerCut('drop', () => 0))).toHaveLength(1);
  });

  test('seal on a full disk is tried again until there is room', async () => {
    const { writer, filesystem, clock } = await openRig();
    filesystem.capacityBytes = 100;
    writer.append(sampleVideo(0));
    await expect(writer.seal('stopped')).rejects.toMatchObject({ code: 'tape-stalled' });
    filesystem.capacityBytes = 1e9;
    await clock.advance(1100);
    expect(entriesOf(filesystem).at(-1)).toMatchObject({ kind: 'tape-sealed' });
    await expect(writer.seal('stopped')).resolves.toMatchObject({ sequence: 1 });
  });

  test('close gives up on a failing disk', async () => {
    const { writer, filesystem, clock } = await openRig();
    filesystem.capacityBytes = 0;
    writer.append(sampleVideo(0));
    await writer.close();
    expect(clock.pendingTimers).toBe(0);
    await expect(writer.flush()).rejects.toMatchObject({ name: 'RoomtapeError' });
  });
});
