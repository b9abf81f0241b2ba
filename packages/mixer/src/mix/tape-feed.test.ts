import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@roomtape/media';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MixStream } from '../mix-job.ts';
import { at, tapeGuest } from '../testing/synthetic-room.ts';
import { type FeedStart, TapeFeed, type WaitingFrame } from './tape-feed.ts';

const FROM_START: FeedStart = { pictureWall: at(0), soundWall: at(0) };

let folder = '';
let stream: MixStream;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roomtape-feed-'));
  stream = await tapeGuest(folder, { name: 'ann', index: 0, to: 5, gopSeconds: 2 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function readAll(start: FeedStart): TapeFeed {
  const feed = new TapeFeed(stream, { log: silentLog, start });
  feed.readTo(at(10), true);
  expect(feed.isOver).toBe(true);
  return feed;
}

const placesOf = (items: readonly WaitingFrame[]) => items.map(({ wall, frame }) => [wall, frame.pts]);

describe('the feed of a tape', () => {
  it('that goes on in the middle keeps what is needed from there, at the same places, and the whole story', () => {
    const whole = readAll(FROM_START);
    const late = readAll({ pictureWall: at(3.5), soundWall: at(3.25) });
    expect(whole.video.map(({ frame }) => frame.type).filter((type) => type === 'key')).toHaveLength(3);
    expect(late.video[0]?.frame.type).toBe('key');
    expect(placesOf(late.video)).toEqual(placesOf(whole.video).slice(60));
    expect(placesOf(late.audio)).toEqual(placesOf(whole.audio.filter(({ wall }) => wall >= at(3.25))));
    expect(late.audio.length).toBeGreaterThan(80);
    expect(late.story.changes).toEqual(whole.story.changes);
  });

  it('has the last picture of a camera that fell silent before', () => {
    const late = readAll({ pictureWall: at(9), soundWall: at(8) });
    expect(late.video).toHaveLength(30);
    expect(late.video[0]?.frame.type).toBe('key');
    expect(late.audio).toEqual([]);
  });
});
