import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, silentLog } from '@roomtape/media';
import { newestChunkStart, openTape } from '@roomtape/tape';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MixStream } from '../mix-job.ts';
import { at, entriesOf, type Guest, streamOf } from '../testing/synthetic-room.ts';
import { LeftPictures } from './left-pictures.ts';

const NEED = { width: 160, height: 96, isFitted: false };
const SECONDS = 5;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'roomtape-left-pictures-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Somebody's tape in many chunks. */
async function taped(guest: Guest): Promise<MixStream> {
  const tapeDirectory = join(folder, guest.name);
  const limits = { queueBytesMax: 1 << 30, batchBytes: 4096, chunkBytesMax: 32 * 1024 };
  const shared = { directory: tapeDirectory, tapeId: guest.name, clock: createSystemClock(), log: silentLog };
  const writer = await openTape({ ...shared, limits });
  for (const entry of entriesOf(guest)) writer.append(entry);
  await writer.seal('test');
  await writer.close();
  expect(readdirSync(tapeDirectory).length).toBeGreaterThan(2);
  return streamOf(tapeDirectory, guest);
}

describe('the picture of somebody who left', () => {
  it.each([
    ['in the last part of their tape', { name: 'ann', gopSeconds: 0.2 }],
    ['of which the keyframe is long ago', { name: 'ben', gopSeconds: 10 }],
  ])('is their last one, %s', async (_where, more) => {
    const stream = await taped({ index: 0, to: SECONDS, ...more });
    expect(newestChunkStart(stream.tapeDirectory)).toBeGreaterThan(0);
    const left = new LeftPictures(silentLog);
    left.show(stream, at(SECONDS + 10), NEED);
    const lane = left.of(stream.inputId);
    const { serial } = lane ?? {};
    const seconds = ((lane?.current?.ptsUs ?? 0) - at(0)) / 1e6;
    expect(seconds).toBeGreaterThan(SECONDS - 0.05);
    expect(seconds).toBeLessThan(SECONDS + 0.05);

    left.show(stream, at(SECONDS + 11), { ...NEED, width: 320 });
    expect(left.of(stream.inputId)?.serial).toBe(serial);
    left.keepOnly(new Set([stream.inputId]));
    expect(left.inputIds).toEqual([stream.inputId]);
    left.keepOnly(new Set());
    expect([left.inputIds, left.of(stream.inputId), lane?.current]).toEqual([[], undefined, undefined]);
  });
});
