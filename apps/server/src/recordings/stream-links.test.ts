import { createSeededIds, createSystemClock, silentLog, unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import type { Journal } from './journal.ts';
import { keepRecording } from './kept-recording.ts';
import { beginModel } from './recording-model.ts';
import { RecordingShelf } from './recording-shelf.ts';
import type { RecordingsOptions } from './recordings-options.ts';
import { StreamLinks } from './stream-links.ts';

/** A recording of a room, and what links its streams; tapes are always ready, and journals written. */
function setUp() {
  const [clock, ids] = [createSystemClock(), createSeededIds(1)];
  const started = {
    kind: 'started',
    at: unixUs(0),
    recordingId: 'rec',
    request: { roomId: 'r', mode: 'mix' },
  } as const;
  const journal = { append: async () => true } as unknown as Journal;
  const kept = keepRecording(beginModel(started), journal);
  const shelf = new RecordingShelf({ clock, onChange: () => {}, onWritten: () => {} });
  shelf.add(kept);
  const options = {
    ...{ clock, ids, log: silentLog, dataDirectory: '/data', fragmentMs: 500, onStreamChange: () => {} },
    streams: { connected: () => [], nameOf: () => undefined, restore: () => {} },
    projector: { start: () => {}, setPauses: () => {}, finish: () => {} },
    tapes: {
      idFor: () => ids.next('tape'),
      hold: async (tapeId: string) => ({ tapeId, mediaStartedAt: unixUs(1) }),
      release: async () => 7,
    },
  } as unknown as RecordingsOptions;
  return { kept, links: new StreamLinks(options, shelf) };
}

describe('the streams of a recording', () => {
  it('leave nothing behind but their line in the recording when they are gone', async () => {
    const { kept, links } = setUp();
    for (const streamId of ['ann', 'ben', 'cleo']) {
      const stream = { roomId: 'r', streamId, userId: streamId };
      await links.streamClaimed(stream);
      links.streamGone(stream);
      expect(kept.ending.size).toBe(1);
      await new Promise(setImmediate);
    }
    expect(kept.model.links.map(({ streamId, end }) => [streamId, end?.sequence])).toEqual([
      ['ann', 7],
      ['ben', 7],
      ['cleo', 7],
    ]);
    expect([kept.ending.size, kept.growing.size, kept.delayed.size]).toEqual([0, 0, 0]);
  });
});
