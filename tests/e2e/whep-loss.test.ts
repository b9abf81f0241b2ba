// One Chromium publishes and another plays it while it is recorded, both over a path that loses packets each way.
// The recording must be free of damage, and every second of it accounted for.

import { createUdpRelay } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { untilPicture } from '../browser/picture.ts';
import { type MediaStats, openRoomPage, statsOf, untilStreamOf } from './room-page.ts';
import { Stage } from './stage.ts';

const SECONDS = 8;
/** A path as over a city: retransmission costs one such round trip. */
const DELAY_MS = 10;

let stage: Stage;
let sender: TestBrowser;
let receiver: TestBrowser;

beforeAll(async () => {
  [stage, sender, receiver] = await Promise.all([Stage.open(), launchBrowser(), launchBrowser()]);
}, 90_000);

afterAll(async () => {
  await Promise.all([sender?.close(), receiver?.close()]);
  await stage?.close();
}, 30_000);

describe('publishing and playing by Chromium', { timeout: 90_000, concurrent: true }, () => {
  it.each([0.02, 0.05])('with loss %d each way: nothing damaged, all accounted for', async (lossRate) => {
    const roomId = `loss-${lossRate * 100}`;
    const { clock, ids, server } = stage;
    const relay = await createUdpRelay({ clock, ids, serverPort: server.mediaPort });
    relay.setFaults({ toServer: { lossRate, delayMs: DELAY_MS }, toClient: { lossRate, delayMs: DELAY_MS } });
    const ada = await openRoomPage(stage, sender, { roomId, name: 'Ada', source: 'flash-beep', relay });
    const streamId = await untilStreamOf(stage, roomId, 'Ada');
    const bob = await openRoomPage(stage, receiver, { roomId, name: 'Bob', source: 'flash-beep', relay });
    await untilPicture(bob.getByRole('article', { name: /^Ada/ }).locator('video'));

    const { recordingId } = await stage.client.recordings.start({ roomId, streams: [streamId] });
    await stage.untilRecorded(recordingId, SECONDS);
    const recording = await stage.finish(recordingId);
    const [published, played] = [await statsOf(ada), await statsOf(bob)];
    const { lost } = relay.countsToServer;
    await Promise.all([ada.close(), bob.close()]);
    await relay.close();

    const viewed = played.find((stats) => stats.type === 'inbound-rtp' && stats.kind === 'video');
    expect(viewed?.framesDecoded).toBeGreaterThan(SECONDS * 5);
    const [file] = recording.files;
    if (file === undefined) throw new Error('no file');
    const { analysis } = await stage.check(file);
    const [account] = stage.accounts(recordingId);
    console.log(
      [
        `loss ${(lossRate * 100).toFixed(0)} %: ${lost} packets lost on the way in, ${sentAgain(published)} sent again;`,
        `viewer ${viewerText(viewed)};`,
        `file ${(analysis.durationMs / 1000).toFixed(1)} s, ${analysis.video?.counter.frames} pictures,`,
        `${analysis.video?.counter.missing} missing, ${analysis.audio?.holeMs.toFixed(0)} ms holes;`,
        `gaps ${stage.gapReasons(recordingId).join(' ') || 'none'};`,
        ...(account?.tracks ?? []).map((track) => `${track.mediaKind} ${track.seconds} lost ${track.lostMs} ms`),
      ].join(' '),
    );
    expect(analysis.video?.decodeErrors).toBe(0);
    expect(analysis.audio?.decodeErrors).toBe(0);
    expect(analysis.video?.counter.outOfOrder).toBe(0);
    // Every second has its state; `X` stands where a browser short of CPU or bandwidth sent no pictures.
    for (const { seconds } of account?.tracks ?? []) expect(seconds).toMatch(/^\.?[RLX]+\.*$/);
    expect(account?.skipped).toEqual([]);
    expect(lost).toBeGreaterThan(0);
  });
});

function sentAgain(published: readonly MediaStats[]): number {
  return published.reduce((sum, stats) => sum + (stats.retransmittedPacketsSent ?? 0), 0);
}

function viewerText(viewed: MediaStats | undefined): string {
  if (viewed === undefined) return 'nothing';
  const { framesDecoded, packetsLost, retransmittedPacketsReceived, nackCount, pliCount } = viewed;
  const { freezeCount, totalFreezesDuration } = viewed;
  return (
    `decoded ${framesDecoded}, lost ${packetsLost}, recovered ${retransmittedPacketsReceived}, ${nackCount} NACKs, ` +
    `${pliCount} PLIs, ${freezeCount} freezes of ${(totalFreezesDuration ?? 0).toFixed(1)} s`
  );
}
