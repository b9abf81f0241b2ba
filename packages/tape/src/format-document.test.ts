// The example in the format's document is the oldest tape there is: it must stay readable, byte for byte.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLog, ticks, unixUs } from '@roomtape/media';
import { expect, test } from 'vitest';
import type { TapeEntry } from './entry.ts';
import {
  CHUNK_HEADER_BYTES,
  ENTRY_HEADER_BYTES,
  ENTRY_MAGIC,
  FRAME_FIELDS_BYTES,
  PAYLOAD_BYTES_MAX,
  TAPE_VERSION,
} from './format.ts';
import { decodeJson, encodeJson } from './payload.ts';
import { openTapeReader } from './tape-reader.ts';
import { openTape } from './tape-writer.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { FaultFilesystem } from './testing/fault-filesystem.ts';

const DOCUMENT = join(import.meta.dirname, '../../../docs/formats/tape.md');
const text = readFileSync(DOCUMENT, 'utf8');
const AT = unixUs(1_700_000_000_000_000);
const ENTRIES: readonly TapeEntry[] = [
  { kind: 'track-added', at: AT, trackId: 1, mediaKind: 'audio', codec: 'opus', clockRate: 48_000, channels: 2 },
  {
    kind: 'frame',
    trackId: 1,
    type: 'key',
    pts: ticks(960),
    dts: ticks(960),
    arrivedAt: unixUs(AT + 20_000),
    data: new Uint8Array([0xfc, 0xff, 0xfe]),
  },
  { kind: 'tape-sealed', at: unixUs(AT + 40_000), reason: 'stopped' },
];

/** Bytes of the document's dump: lines of `offset  hex bytes  |comment`. */
function exampleBytes(): Uint8Array {
  const block = /```text\n(00000000 [\s\S]*?)```/.exec(text)?.[1] ?? '';
  const bytes: number[] = [];
  for (const line of block.trim().split('\n')) {
    const [, offset, hex] = /^([0-9a-f]{8}) {2}((?:[0-9a-f]{2} ?)+)/.exec(line) ?? [];
    if (offset === undefined || hex === undefined) continue;
    while (bytes.length < Number.parseInt(offset, 16)) bytes.push(0);
    bytes.push(
      ...hex
        .trim()
        .split(/ +/)
        .map((byte) => Number.parseInt(byte, 16)),
    );
  }
  return new Uint8Array(bytes);
}

test('the reader reads the example of the document', () => {
  const filesystem = new FaultFilesystem();
  filesystem.put('/tape/000000.tape', exampleBytes());
  const batch = openTapeReader('/tape', { filesystem }).readBatch();
  expect(batch).toEqual({
    entries: ENTRIES.map((entry, sequence) => ({ sequence, entry })),
    atEnd: true,
    sealed: true,
    skipped: [],
  });
});

test('the writer writes the example of the document', async () => {
  const filesystem = new FaultFilesystem();
  const clock = createFakeClock(AT);
  const writer = await openTape({ directory: '/tape', tapeId: 'tp_1', clock, log: silentLog, filesystem });
  for (const entry of ENTRIES) writer.append(entry);
  await writer.flush();
  await writer.close();
  expect(filesystem.files.get('/tape/000000.tape')?.content).toEqual(exampleBytes());
});

test('the layer of the document is what the writer writes and the reader reads', () => {
  const json = /`(\{"kind":"track-added"[^`]*\})`/.exec(text)?.[1] ?? '';
  const { entry } = decodeJson(new TextEncoder().encode(json));
  expect(entry).toMatchObject({ kind: 'track-added', trackId: 3, rid: 'q' });
  expect(entry === undefined ? '' : new TextDecoder().decode(encodeJson(entry))).toBe(json);
});

test('the document states the numbers of the code', () => {
  const stated = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
  expect(stated(/^Version (\d+)\./m)).toBe(String(TAPE_VERSION));
  expect(stated(/chunk header, (\d+) bytes/)).toBe(String(CHUNK_HEADER_BYTES));
  expect(stated(/entry header, (\d+) bytes/)).toBe(String(ENTRY_HEADER_BYTES));
  expect(stated(/frame fields, (\d+) bytes/)).toBe(String(FRAME_FIELDS_BYTES));
  expect(stated(/at most (\d+) bytes of payload/)).toBe(String(PAYLOAD_BYTES_MAX));
  const magic = ENTRY_MAGIC.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join(' ');
  expect(text).toContain(magic);
});
