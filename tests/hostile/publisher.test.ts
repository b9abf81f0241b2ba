// A publisher with a valid token who sends nonsense inside its own encrypted session, beside one who behaves.
// It may spoil its own recording; nobody else's, and no process.

import { isRtcp } from '@roomtape/rtp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from '../e2e/stage.ts';
import { FILM_EXPECTED, sendingFilm } from './prepared-film.ts';
import { pidsOf, residentMb } from './process-facts.ts';
import { ATTACK_NAMES, RtpAttack } from './rtp-attack.ts';
import { tamperingFactory } from './tampering.ts';

const PACKETS = 50_000;
const BATCH = 50;
const SAMPLES = 300;
/**
 * Both processes also serve and record two publishers meanwhile. In seven such rounds the media process grew by about
 * 150 MB in steps, while the JavaScript heap stayed flat; whether that comes to rest is not settled.
 */
const GROWTH_MB_MAX = 96;

let stage: Stage;
let pids: Record<string, number>;

beforeAll(async () => {
  stage = await Stage.open();
  pids = await pidsOf(stage.server);
}, 60_000);

afterAll(() => stage?.close(), 60_000);

describe('a hostile publisher', { timeout: 120_000 }, () => {
  it(`spoils nothing but its own recording with ${PACKETS} packets`, async () => {
    await stage.publish({ roomId: 'good', userId: 'ann', client: sendingFilm() });
    const mallory = await attacker('bad');
    const good = await stage.client.recordings.start({ roomId: 'good' });
    const bad = await stage.client.recordings.start({ roomId: 'bad' });
    await stage.untilRecorded(good.recordingId, 3);
    await stage.untilRecorded(bad.recordingId, 3);

    const before = { media: residentMb(pids, 'media'), worker: residentMb(pids, 'worker') };
    const sent = await mallory.attack(PACKETS);
    const mediaMb = residentMb(pids, 'media') - before.media;
    const plane = await planeText();
    await stage.untilRecorded(good.recordingId, 8);
    await mallory.close();
    const [innocent, spoilt] = [await stage.finish(good.recordingId), await stage.finish(bad.recordingId)];
    const workerMb = residentMb(pids, 'worker') - before.worker;

    for (const file of innocent.files) await stage.expectGood(file, FILM_EXPECTED);
    const [account] = stage.accounts(spoilt.recordingId);
    const gaps = new Set(stage.gapReasons(spoilt.recordingId));
    console.log(
      [
        `${ATTACK_NAMES.length} attacks, ${sent} of ${PACKETS} packets passed our own SRTP library;`,
        `media grew by ${mediaMb.toFixed(1)} MB, worker by ${workerMb.toFixed(1)} MB;`,
        `gaps: ${[...gaps].join(' ')}; tape: ${account?.entries} entries;`,
        ...spoilt.files.map((file) => `${file.name} ${file.durationMs} ms, ${file.bytes} bytes;`),
        ...(account?.tracks ?? []).map((track) => `${track.mediaKind} ${track.seconds}`),
      ].join(' '),
    );
    expect(innocent.files).toHaveLength(1);
    expect(innocent.problems).toEqual([]);
    expect(await pidsOf(stage.server)).toEqual(pids);
    expect(sent).toBeGreaterThan(PACKETS / 2);
    expect(plane).toMatch(/"malformed":[1-9]\d{2}/);
    expect(gaps).toContain('network-loss');
    expect(account?.sealed).toBe(true);
    expect(account?.skipped).toEqual([]);
    expect(mediaMb).toBeLessThan(GROWTH_MB_MAX);
    expect(workerMb).toBeLessThan(GROWTH_MB_MAX);
  });

  it('is thrown out when it sends from more sources than anybody has', async () => {
    const mallory = await attacker('crowd');
    for (let source = 0; source < 400; source += 1) mallory.sendAs(source);

    const streams = async (): Promise<string[]> =>
      (await stage.client.rooms.get('crowd')).streams.map((stream) => stream.state);
    await expect.poll(streams, { timeout: 10_000 }).not.toContain('live');
    expect(await planeText()).not.toContain('"roomId":"crowd"');
    await mallory.close();
  });

  it('may publish again afterwards like anybody', async () => {
    await stage.publish({ roomId: 'bad', userId: 'mallory', streamId: 'again', client: sendingFilm() });
    const { recordingId } = await stage.client.recordings.start({ roomId: 'bad', streams: ['again'] });
    await stage.untilRecorded(recordingId, 2);
    const { files } = await stage.finish(recordingId);

    for (const file of files) await stage.expectGood(file, FILM_EXPECTED);
    expect(files).toHaveLength(1);
  });
});

/** A publisher that behaves until it is told not to. */
async function attacker(roomId: string): Promise<Attacker> {
  const samples: Uint8Array[] = [];
  const hostile = new RtpAttack(samples, 2);
  let isAttacking = false;
  let raw = (_: Uint8Array): boolean => false;
  const factory = tamperingFactory(stage.factory, (packet, send) => {
    raw = send;
    if (isRtcp(packet)) send(packet);
    else {
      if (samples.length < SAMPLES) samples.push(packet.slice());
      if (!isAttacking) send(hostile.numbered(packet));
    }
  });
  const client = await stage.publish({ roomId, userId: 'mallory', client: { ...sendingFilm(), factory } });
  await expect.poll(() => samples.length, { timeout: 10_000 }).toBeGreaterThan(100);
  return {
    attack: async (count) => {
      isAttacking = true;
      const passed = await flood(hostile, raw, count);
      isAttacking = false;
      return passed;
    },
    sendAs: (ssrc) => {
      const packet = Uint8Array.from(samples[0] ?? []);
      new DataView(packet.buffer).setUint32(8, ssrc);
      raw(packet);
    },
    close: () => client.close(),
  };
}

type Attacker = {
  /** Sends so many hostile packets; tells how many left. */
  attack(count: number): Promise<number>;
  /** Sends one packet in the name of another source. */
  sendAs(ssrc: number): void;
  close(): Promise<void>;
};

/** What the media process says of itself. */
async function planeText(): Promise<string> {
  const headers = { authorization: `Bearer ${stage.server.apiKey}` };
  const { media } = (await (await fetch(`${stage.server.url}/v1/debug`, { headers })).json()) as { media: unknown };
  return JSON.stringify(media);
}

/** Small bursts, as fast as a sender can that also has media of its own. */
async function flood(hostile: RtpAttack, send: (packet: Uint8Array) => boolean, count: number): Promise<number> {
  let passed = 0;
  for (let sent = 0; sent < count; sent += 1) {
    if (send(hostile.next())) passed += 1;
    if (sent % BATCH === 0) await new Promise((resolve) => setTimeout(resolve, 4));
  }
  return passed;
}
