import { silentLog } from '@roomtape/media';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SequencedEntry, TapeEntry } from './entry.ts';
import { CHUNK_HEADER_BYTES } from './format.ts';
import { recoverTape, sealAbandonedTape } from './recover.ts';
import type { TapeLimits } from './tape-limits.ts';
import { openTapeReader, type TapeBatch } from './tape-reader.ts';
import { openTape, type TapeWriter } from './tape-writer.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { FaultFilesystem } from './testing/fault-filesystem.ts';
import { readAll, sampleAudio, sampleStart, sampleVideo } from './testing/sample-entries.ts';

const FIRST = '/tape/000000.tape';

function open(filesystem: FaultFilesystem, limits: Partial<TapeLimits> = {}): Promise<TapeWriter> {
  const clock = createFakeClock();
  return openTape({ directory: '/tape', tapeId: 'tp_sample', clock, log: silentLog, filesystem, limits });
}

function read(filesystem: FaultFilesystem, fromSequence = 0): TapeBatch {
  const reader = openTapeReader('/tape', { filesystem, fromSequence });
  const batch = reader.readBatch({ bytesMax: 1e9 });
  reader.close();
  return batch;
}

function withFirstChunk(content: Uint8Array): FaultFilesystem {
  const filesystem = new FaultFilesystem();
  filesystem.put(FIRST, content);
  return filesystem;
}

describe('a small tape', () => {
  const appended: TapeEntry[] = [
    ...sampleStart(),
    sampleVideo(0, 1200),
    sampleAudio(0),
    sampleVideo(1),
    sampleAudio(1),
  ];
  let content = new Uint8Array(0);
  /** Where each entry begins, and the end. */
  let offsets: number[] = [];

  beforeAll(async () => {
    const filesystem = new FaultFilesystem();
    const writer = await open(filesystem);
    offsets = [CHUNK_HEADER_BYTES];
    for (const entry of appended) {
      writer.append(entry);
      await writer.flush();
      offsets.push(filesystem.files.get(FIRST)?.content.length ?? 0);
    }
    content = new Uint8Array(filesystem.files.get(FIRST)?.content ?? []);
    await writer.close();
  });

  test('cut at any byte gives the longest valid prefix, and no error', () => {
    for (let bytes = 0; bytes <= content.length; bytes += 1) {
      const whole = Math.max(0, offsets.filter((offset) => offset <= bytes).length - 1);
      const { entries, atEnd, skipped } = read(withFirstChunk(content.subarray(0, bytes)));
      expect(
        entries.map((item) => item.entry),
        `cut at ${bytes}`,
      ).toEqual(appended.slice(0, whole));
      expect({ atEnd, skipped }).toEqual({ atEnd: true, skipped: [] });
    }
  });

  test('cut at any byte and completed later, gives all to a reader that saw the torn tail', () => {
    for (let bytes = 0; bytes <= content.length; bytes += 1) {
      const filesystem = withFirstChunk(content.subarray(0, bytes));
      const reader = openTapeReader('/tape', { filesystem });
      const entries = [...reader.readBatch().entries];
      const file = filesystem.files.get(FIRST);
      reader.close();
      const grown = openTapeReader('/tape', { filesystem });
      const before = grown.readBatch().entries;
      if (file !== undefined) file.content = content;
      const batch = grown.readBatch();
      expect(
        [...before, ...batch.entries].map((item) => item.entry),
        `cut at ${bytes}`,
      ).toEqual(appended);
      expect(before).toEqual(entries);
      expect(batch.skipped).toEqual([]);
    }
  });

  test('one flipped bit anywhere costs one entry at most, and later ones are read', () => {
    for (let bit = 0; bit < content.length * 8; bit += 5) {
      const damaged = content.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const hit = offsets.findIndex((offset, index) => bit >> 3 >= offset && bit >> 3 < (offsets[index + 1] ?? 0));
      const { entries, skipped } = read(withFirstChunk(damaged));
      const expected = appended
        .map((entry, sequence) => ({ sequence, entry }))
        .filter(({ sequence }) => sequence !== hit);
      expect(entries, `bit ${bit}`).toEqual(expected);
      const last = appended.length - 1;
      const noted = hit === -1 || hit === last ? [] : [['damaged', 1, hit + 1]];
      expect(skipped.map((range) => [range.reason, range.entriesLost, range.nextSequence])).toEqual(noted);
    }
  });

  test('rubbish between entries is skipped and reported', () => {
    const at = offsets[3] ?? 0;
    const rubbish = content.subarray(at, at + 40);
    const spoiled = new Uint8Array([...content.subarray(0, at), ...rubbish, ...content.subarray(at)]);
    const { entries, skipped } = read(withFirstChunk(spoiled));
    expect(entries.map((item) => item.entry)).toEqual(appended);
    expect(skipped).toEqual([
      { reason: 'damaged', chunkNumber: 0, offset: at, bytes: 40, entriesLost: 0, nextSequence: 3 },
    ]);
  });

  test('any splicing, cutting and overwriting gives only true entries, and never an error', () => {
    const edit = fc.record({
      at: fc.nat(content.length),
      remove: fc.nat(200),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 60 }),
        fc.tuple(fc.nat(content.length), fc.nat(300)).map(([from, bytes]) => content.slice(from, from + bytes)),
      ),
    });
    const property = fc.property(fc.array(edit, { maxLength: 6 }), (edits) => {
      let bytes: Uint8Array = content;
      for (const { at, remove, insert } of edits) {
        bytes = new Uint8Array([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)]);
      }
      const { entries, atEnd } = read(withFirstChunk(bytes));
      expect(atEnd).toBe(true);
      for (const { sequence, entry } of entries) expect(entry).toEqual(appended[sequence]);
      const sequences = entries.map((item) => item.sequence);
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test('entries of another chunk are not taken for its own', async () => {
    const other = new FaultFilesystem();
    const writer = await openTape({
      directory: '/tape',
      tapeId: 'tp_other',
      clock: createFakeClock(),
      log: silentLog,
      filesystem: other,
    });
    for (const entry of appended) writer.append(entry);
    await writer.flush();
    const foreign = other.files.get(FIRST)?.content ?? new Uint8Array(0);
    const mixed = new Uint8Array([...content.subarray(0, offsets[5]), ...foreign.subarray(offsets[5])]);
    expect(read(withFirstChunk(mixed)).entries).toHaveLength(5);
  });
});

describe('a growing tape', () => {
  test('is followed from before its directory exists, across chunk files, to its seal', async () => {
    const filesystem = new FaultFilesystem();
    const reader = openTapeReader('/tape', { filesystem });
    expect(reader.readBatch()).toEqual({ entries: [], atEnd: true, sealed: false, skipped: [] });
    const writer = await open(filesystem, { chunkBytesMax: 1500 });
    const seen: SequencedEntry[] = [];
    const poll = (bytesMax: number): TapeBatch => {
      const batch = reader.readBatch({ bytesMax });
      seen.push(...batch.entries);
      expect(batch.skipped).toEqual([]);
      return batch;
    };

    const appended: TapeEntry[] = [...sampleStart()];
    for (let index = 0; index < 100; index += 1) appended.push(sampleVideo(index), sampleAudio(index));
    for (const [index, entry] of appended.entries()) {
      writer.append(entry);
      if (index % 7 === 0) await writer.flush();
      poll(index % 3 === 0 ? 50 : 5000);
    }
    await writer.seal('stopped');
    for (let polls = 0; polls < 1000 && !poll(300).sealed; polls += 1);

    expect(seen.map((item) => item.sequence)).toEqual([...Array(appended.length + 1).keys()]);
    expect(seen.slice(0, -1).map((item) => item.entry)).toEqual(appended);
    expect(reader.readBatch()).toMatchObject({ entries: [], atEnd: true, sealed: true });
    expect(filesystem.list('/tape').length).toBeGreaterThan(5);
  });

  test('survives a writer that died within an entry and came back', async () => {
    const filesystem = new FaultFilesystem();
    const writer = await open(filesystem);
    for (const entry of sampleStart()) writer.append(entry);
    await writer.flush();
    const reader = openTapeReader('/tape', { filesystem });
    reader.readBatch();
    const file = filesystem.files.get(FIRST);
    if (file !== undefined) file.content = new Uint8Array([...file.content, 0xf5, 0x52, 0x54, 0xe1, 1, 2, 3]);
    expect(reader.readBatch()).toMatchObject({ entries: [], atEnd: true, skipped: [] });

    const second = await open(filesystem);
    second.append(sampleVideo(3));
    await second.flush();
    const batch = reader.readBatch();
    expect(batch.entries).toEqual([{ sequence: 5, entry: sampleVideo(3) }]);
    expect(batch.skipped).toMatchObject([{ reason: 'torn-tail', bytes: 7, entriesLost: 0 }]);
  });

  test('reads an entry larger than the batch asked for', async () => {
    const filesystem = new FaultFilesystem();
    const writer = await open(filesystem);
    writer.append(sampleVideo(0, 100_000));
    await writer.flush();
    const reader = openTapeReader('/tape', { filesystem });
    expect(reader.readBatch({ bytesMax: 10 }).entries).toEqual([{ sequence: 0, entry: sampleVideo(0, 100_000) }]);
  });
});

describe('starting in the middle', () => {
  test('delivers what is in force first, then the entries asked for', async () => {
    const filesystem = new FaultFilesystem();
    const writer = await open(filesystem, { chunkBytesMax: 1500 });
    for (const entry of sampleStart()) writer.append(entry);
    for (let index = 0; index < 60; index += 1) writer.append(sampleVideo(index));
    await writer.flush();
    for (const fromSequence of [5, 6, 30, 47, 64]) {
      const { entries, skipped } = read(filesystem, fromSequence);
      const expected = [
        0,
        1,
        2,
        3,
        4,
        ...Array.from({ length: 65 - fromSequence }, (_, index) => fromSequence + index),
      ];
      expect(entries.map((item) => item.sequence)).toEqual(expected);
      expect(skipped).toEqual([]);
    }
  });

  test('a chunk lost from the middle is reported, and what it would have said is repeated by the next', async () => {
    const filesystem = new FaultFilesystem();
    const writer = await open(filesystem, { chunkBytesMax: 1500 });
    for (let index = 0; index < 20; index += 1) writer.append(sampleVideo(index));
    for (const entry of sampleStart()) writer.append(entry);
    for (let index = 20; index < 60; index += 1) writer.append(sampleVideo(index));
    await writer.flush();
    const whole = read(filesystem).entries;
    filesystem.files.delete('/tape/000001.tape');
    const { entries, skipped } = read(filesystem);
    expect(skipped).toMatchObject([{ reason: 'missing' }]);
    const facts = (items: SequencedEntry[]): SequencedEntry[] => items.filter((item) => item.entry.kind !== 'frame');
    expect(facts(entries)).toEqual(facts(whole));
  });

  test('a tape of a newer version is refused by name', async () => {
    const filesystem = new FaultFilesystem();
    const writer = await open(filesystem);
    writer.append(sampleVideo(0));
    await writer.flush();
    const content = filesystem.files.get(FIRST)?.content ?? new Uint8Array(0);
    const { crc32 } = await import('node:zlib');
    const view = new DataView(content.buffer);
    view.setUint16(8, 2, true);
    view.setUint32(252, crc32(content.subarray(0, 252)), true);
    expect(() => read(withFirstChunk(content))).toThrowError(expect.objectContaining({ code: 'tape-version-unknown' }));
  });

  test('an entry of an unknown kind is skipped, named, and costs nothing else', async () => {
    const filesystem = new FaultFilesystem();
    const writer = await open(filesystem);
    writer.append({ kind: 'board-drawn', at: 1 } as unknown as TapeEntry);
    writer.append(sampleVideo(0));
    await writer.flush();
    const { entries, skipped } = read(filesystem);
    expect(entries).toEqual([{ sequence: 1, entry: sampleVideo(0) }]);
    expect(skipped).toMatchObject([{ reason: 'unknown-kind', kind: 'board-drawn', nextSequence: 1 }]);
  });
});

describe('abandoned tapes', () => {
  test('are sealed where they broke off', async () => {
    const filesystem = new FaultFilesystem();
    const writer = await open(filesystem);
    for (const entry of [...sampleStart(), sampleVideo(0), sampleAudio(9)]) writer.append(entry);
    await writer.flush();
    const found = filesystem.afterKill();

    const before = await sealAbandonedTape('/tape', { clock: createFakeClock(), log: silentLog, filesystem: found });

    expect(before).toMatchObject({ sealed: false, nextSequence: 7 });
    expect(recoverTape('/tape', { filesystem: found })).toMatchObject({ sealed: true, openTracks: [] });
    const kinds = readAll(openTapeReader('/tape', { filesystem: found })).map((item) => item.entry.kind);
    expect(kinds.slice(7)).toEqual(['track-ended', 'track-ended', 'tape-sealed']);
  });

  test('a directory without a tape has nothing to recover', () => {
    expect(recoverTape('/nowhere', { filesystem: new FaultFilesystem() })).toBeUndefined();
  });
});
