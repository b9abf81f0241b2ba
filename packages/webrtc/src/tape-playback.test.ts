import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { unixUs } from '@roomtape/media';
import {
  isRtcp,
  parseRtcp,
  parseRtpPacket,
  type RtpPacket,
  rtpPayload,
  type SenderReport,
  unwrapRtx,
  writeRtcp,
} from '@roomtape/rtp';
import { afterEach, describe, expect, it } from 'vitest';
import { GrowingFilm, type GrowingFilmOptions } from './testing/growing-film.ts';
import { PlaneHarness, type TestClient } from './testing/plane-harness.ts';

/** How far the mixer is behind the room. */
const LATENCY_US = 2_000_000;
/** A margin, a step of the tape, a poll and a tick of the plane. */
const DELAY_MS_MAX = 360;
const PICTURE_TICKS = 3000;

type Picture = { readonly number: number; readonly timestamp: number; readonly atMs: number; isWhole: boolean };
type Viewer = {
  readonly client: TestClient;
  readonly pictures: Picture[];
  readonly video: RtpPacket[];
  readonly audio: { readonly packet: RtpPacket; readonly atMs: number }[];
  readonly reports: SenderReport[];
  readonly repeated: RtpPacket[];
};

let harness: PlaneHarness;
afterEach(() => harness.close());

const nowMs = (): number => harness.clock.now() / 1000;
const directory = (): string => join(harness.directory, 'film');
const tape = (kinds: readonly ('audio' | 'video')[] = ['audio', 'video']) => ({ directory: directory(), kinds });

const openFilm = (options: Partial<GrowingFilmOptions> = {}): Promise<GrowingFilm> => {
  const { clock } = harness;
  const startAt = unixUs(clock.now() - LATENCY_US);
  return GrowingFilm.open({ directory: directory(), clock, startAt, ...options });
};

/** Lets time pass, the film growing with it in the steps of a mixer. */
const pass = async (film: GrowingFilm, ms: number, speed = 1): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 100) {
    harness.clock.advance(100);
    await film.grow(100 * speed);
  }
};

const watch = async (kinds?: readonly ('audio' | 'video')[]): Promise<Viewer> => {
  const parts = { pictures: [] as Picture[], video: [] as RtpPacket[], audio: [] as Viewer['audio'] };
  const viewer = { ...parts, reports: [] as SenderReport[], repeated: [] as RtpPacket[] };
  const client = await harness.open({ kind: 'play', userId: 'viewer', tape: tape(kinds) }, {}, (bytes) => {
    if (isRtcp(bytes)) {
      for (const packet of parseRtcp(bytes) ?? []) if (packet.kind === 'sender-report') viewer.reports.push(packet);
      return;
    }
    const packet = parseRtpPacket(bytes);
    if (packet?.payloadType === 111) viewer.audio.push({ packet, atMs: nowMs() });
    if (packet?.payloadType === 97) viewer.repeated.push(packet);
    if (packet?.payloadType === 96) take(viewer, packet);
  });
  return Object.assign(viewer, { client });
};

/** Pictures of the film say their number behind the header of their first fragment. */
function take(viewer: Pick<Viewer, 'pictures' | 'video'>, packet: RtpPacket): void {
  viewer.video.push(packet);
  const payload = rtpPayload(packet);
  const [indicator = 0, header = 0, , high = 0, low = 0] = payload;
  if ((indicator & 0x1f) === 28 && (header & 0x80) !== 0) {
    const number = ((high & 0x7f) << 8) | low;
    viewer.pictures.push({ number, timestamp: packet.timestamp, atMs: nowMs(), isWhole: false });
  }
  const picture = viewer.pictures.at(-1);
  if (picture !== undefined && packet.marker) picture.isWhole = true;
}

const numbersOf = (viewer: Viewer): number[] => viewer.pictures.map(({ number }) => number);
const stepsOf = (values: readonly number[]): number[] =>
  values.slice(1).map((value, index) => value - (values[index] ?? 0));
const timestampSteps = (pictures: readonly Picture[]): number[] =>
  stepsOf(pictures.map(({ timestamp }) => timestamp)).map((step) => step | 0);

const expectNothingLost = ({ video, audio, pictures }: Viewer): void => {
  for (const packets of [video, audio.map(({ packet }) => packet)]) {
    const steps = stepsOf(packets.map(({ sequence }) => sequence)).map((step) => step & 0xffff);
    expect(steps.filter((step) => step !== 1)).toEqual([]);
  }
  expect(pictures.slice(0, -1).every(({ isWhole }) => isWhole)).toBe(true);
};

describe('playing a growing tape', () => {
  it('shows the newest keyframe at once, what came since within a moment, and then goes with the film', async () => {
    harness = new PlaneHarness({ seed: 31 });
    const film = await openFilm();
    await film.grow(5500);
    const viewer = await watch();
    const joinedMs = nowMs();
    await pass(film, 4000);
    expectNothingLost(viewer);
    expect(viewer.pictures[0]).toMatchObject({ number: 120 });
    expect(numbersOf(viewer)).toEqual(viewer.pictures.map((_, index) => 120 + index));
    const [caughtUp, later] = [viewer.pictures.filter((p) => p.number < 160), viewer.pictures.slice(60)];
    expect(Math.max(...caughtUp.map(({ atMs }) => atMs))).toBeLessThan(joinedMs + DELAY_MS_MAX);
    expect(timestampSteps(caughtUp).reduce((sum, step) => sum + step, 0)).toBeLessThan(PICTURE_TICKS);
    expect(Math.min(...timestampSteps(viewer.pictures))).toBeGreaterThan(0);
    expect(new Set(timestampSteps(later))).toEqual(new Set([PICTURE_TICKS]));
    expect(Math.max(...stepsOf(later.map(({ atMs }) => atMs)))).toBeLessThanOrEqual(60);
    expect(film.frames - (numbersOf(viewer).at(-1) ?? 0)).toBeLessThan((DELAY_MS_MAX * 30) / 1000);
  });

  it('tells viewers where sound and pictures belong together', async () => {
    harness = new PlaneHarness({ seed: 32 });
    const film = await openFilm();
    await film.grow(3000);
    const viewer = await watch();
    await pass(film, 4000);
    const reportOf = (payload: RtpPacket | undefined): SenderReport | undefined =>
      viewer.reports.findLast(({ ssrc }) => ssrc === payload?.ssrc);
    const wallOf = (packet: RtpPacket | undefined, rate: number): number => {
      const report = reportOf(packet);
      if (packet === undefined || report === undefined) throw new Error('no report');
      const wallMs = report.ntpSeconds * 1000 + (report.ntpFraction * 1000) / 2 ** 32;
      return wallMs + (((packet.timestamp - report.rtpTimestamp) | 0) * 1000) / rate;
    };
    const picture = viewer.video.findLast(({ marker }) => marker);
    const number = viewer.pictures.findLast(({ timestamp }) => timestamp === picture?.timestamp)?.number ?? 0;
    const sound = viewer.audio.at(-1)?.packet;
    const soundNumber = viewer.audio.length === 0 ? 0 : sound && rtpPayload(sound)[1];
    const filmMs = [(number * 1000) / 30, (soundNumber ?? 0) * 20];
    const wallMs = [wallOf(picture, 90_000), wallOf(sound, 48_000)];
    // Numbers of sound are known modulo 256.
    const offsetMs = (wallMs[0] ?? 0) - (wallMs[1] ?? 0) - ((filmMs[0] ?? 0) - (filmMs[1] ?? 0));
    expect(Math.abs(offsetMs - Math.round(offsetMs / 5120) * 5120)).toBeLessThan(1);
  });

  it('serves a second viewer the same way, who sees the same', async () => {
    harness = new PlaneHarness({ seed: 33 });
    const film = await openFilm();
    await film.grow(2500);
    const first = await watch();
    await pass(film, 1000);
    const second = await watch();
    await pass(film, 3000);
    for (const viewer of [first, second]) expectNothingLost(viewer);
    expect(numbersOf(second)[0]).toBe(60);
    expect(numbersOf(first).at(-1)).toBe(numbersOf(second).at(-1));
    expect(first.video.at(-1)?.timestamp).toBe(second.video.at(-1)?.timestamp);
  });

  it('sends a packet of the catching up again as it was, and keeps calm when a keyframe is asked for', async () => {
    harness = new PlaneHarness({ seed: 43 });
    const film = await openFilm();
    await film.grow(3500);
    const viewer = await watch();
    await pass(film, 500);
    const lost = viewer.video[20];
    const { ssrc = 0, sequence = 0 } = lost ?? {};
    viewer.client.transport.send(
      writeRtcp([
        { kind: 'nack', senderSsrc: 1, mediaSsrc: ssrc, sequences: [sequence] },
        { kind: 'picture-loss', senderSsrc: 1, mediaSsrc: ssrc },
      ]),
    );
    await pass(film, 1000);
    const again = viewer.repeated.map((packet) => unwrapRtx(packet, { ssrc, payloadType: 96 }));
    expect(again).toMatchObject([{ sequence, timestamp: lost?.timestamp, marker: lost?.marker }]);
    expectNothingLost(viewer);
    expect(numbersOf(viewer)).toEqual(viewer.pictures.map((_, index) => 60 + index));
  });

  it('waits for a film that has not begun', async () => {
    harness = new PlaneHarness({ seed: 34 });
    const viewer = await watch();
    expect(viewer.client.answer.answerSdp).toMatch(/m=audio 9 .*m=video 9 /s);
    harness.clock.advance(3000);
    const film = await openFilm();
    await pass(film, 3000);
    expectNothingLost(viewer);
    expect(numbersOf(viewer)[0]).toBe(0);
    expect(viewer.pictures.length).toBeGreaterThan(75);
  });

  it('holds through a pause, after which timestamps have gone on with the time', async () => {
    harness = new PlaneHarness({ seed: 35 });
    const film = await openFilm();
    await film.grow(2500);
    const viewer = await watch();
    await pass(film, 2000);
    harness.clock.advance(20_000);
    const before = viewer.pictures.length;
    await pass(film, 2000);
    expectNothingLost(viewer);
    expect(numbersOf(viewer)).toEqual(viewer.pictures.map((_, index) => 60 + index));
    const [held = 0] = timestampSteps(viewer.pictures.slice(before - 1, before + 1));
    const passedMs = (viewer.pictures[before]?.atMs ?? 0) - (viewer.pictures[before - 1]?.atMs ?? 0);
    expect(Math.abs(held / 90 - passedMs)).toBeLessThan(DELAY_MS_MAX);
    const soundSteps = stepsOf(viewer.audio.map(({ packet }) => packet.timestamp)).map((step) => step | 0);
    expect(Math.abs(Math.max(...soundSteps) / 48 - held / 90)).toBeLessThan(40);
    expect(film.frames - (numbersOf(viewer).at(-1) ?? 0)).toBeLessThan(15);
  });

  it('goes on after a mixer was killed, and catches up by leaving out what is late', async () => {
    harness = new PlaneHarness({ seed: 36 });
    const film = await openFilm();
    await film.grow(2500);
    const viewer = await watch();
    await pass(film, 2000);
    harness.clock.advance(10_000);
    await film.reopen();
    await pass(film, 2500, 5);
    await pass(film, 3000);
    expectNothingLost(viewer);
    const numbers = numbersOf(viewer);
    expect(Math.min(...stepsOf(numbers))).toBe(1);
    const jumps = viewer.pictures.filter(({ number }, index) => index > 0 && number !== (numbers[index - 1] ?? 0) + 1);
    expect(jumps.map(({ number }) => number % 60)).toEqual(jumps.map(() => 0));
    expect(jumps.length).toBeGreaterThan(1);
    expect(Math.min(...timestampSteps(viewer.pictures))).toBeGreaterThan(0);
    // Nearer than this nothing is left out.
    expect(film.frames - (numbers.at(-1) ?? 0)).toBeLessThan(30 * (0.6 + 0.36));
  });

  it('reads on over chunks', async () => {
    harness = new PlaneHarness({ seed: 37 });
    const film = await openFilm({ limits: { chunkBytesMax: 100_000 } });
    await film.grow(6500);
    const viewer = await watch();
    await pass(film, 5000);
    expectNothingLost(viewer);
    const numbers = numbersOf(viewer);
    expect(numbers.length).toBeGreaterThan(80);
    expect(new Set(stepsOf(numbers))).toEqual(new Set([1]));
  });

  it('plays sound alone where there is nothing else', async () => {
    harness = new PlaneHarness({ seed: 38 });
    const film = await openFilm({ hasVideo: false });
    await film.grow(2500);
    const viewer = await watch();
    await pass(film, 2000);
    expect(viewer.client.answer.answerSdp).toMatch(/m=audio 9 .*m=video 0 /s);
    expectNothingLost(viewer);
    expect(viewer.audio.length).toBeGreaterThan(80);
  });

  it('ends for everybody with the last of the film', async () => {
    harness = new PlaneHarness({ seed: 39 });
    const film = await openFilm();
    await film.grow(2500);
    const viewer = await watch();
    await pass(film, 1000);
    await film.seal();
    harness.clock.advance(2000);
    expect(numbersOf(viewer).at(-1)).toBe(film.frames - 1);
    expect(harness.events.at(-1)).toMatchObject({
      kind: 'session-closed',
      sessionId: viewer.client.sessionId,
      reason: 'stream-ended',
    });
  });

  it('does nothing any more some seconds after the last viewer', async () => {
    harness = new PlaneHarness({ seed: 40 });
    const film = await openFilm();
    await film.grow(2500);
    const viewer = await watch();
    await pass(film, 1000);
    harness.plane.closeSession(viewer.client.sessionId, 'gone');
    await pass(film, 3000);
    expect(harness.plane.describe().streams).toHaveLength(1);
    await pass(film, 3000);
    expect(harness.plane.describe().streams).toEqual([]);
  });

  it('is never taped, and nobody publishes in its place', async () => {
    harness = new PlaneHarness({ seed: 41 });
    const film = await openFilm();
    await film.grow(2500);
    await harness.tape('copy');
    await watch();
    await pass(film, 2000);
    await expect(harness.publish()).rejects.toMatchObject({ code: 'STREAM_TAKEN' });
    expect((await harness.entries('copy')).map(({ kind }) => kind)).toEqual(['tape-opened']);
  });

  it('closes its viewers when the tape cannot be read any more', async () => {
    harness = new PlaneHarness({ seed: 42 });
    const film = await openFilm();
    await film.grow(2500);
    await watch();
    mkdirSync(join(directory(), '000001.tape'));
    harness.clock.advance(2000);
    expect(harness.events.at(-1)).toMatchObject({ kind: 'session-closed', reason: 'stream-ended' });
  });
});
