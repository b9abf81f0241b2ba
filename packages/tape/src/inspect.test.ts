import { silentLog, unixUs } from '@roomtape/media';
import { expect, test } from 'vitest';
import { printAccount } from './account-text.ts';
import type { TapeEntry } from './entry.ts';
import { inspectTape } from './inspect.ts';
import { openTape } from './tape-writer.ts';
import { createFakeClock } from './testing/fake-clock.ts';
import { FaultFilesystem } from './testing/fault-filesystem.ts';
import { SAMPLE_START_AT, sampleAudio, sampleStart, sampleVideo } from './testing/sample-entries.ts';
import { type TapeAccount, verifyTape } from './verify.ts';

async function tapeOf(entries: readonly TapeEntry[]): Promise<FaultFilesystem> {
  const filesystem = new FaultFilesystem();
  const clock = createFakeClock();
  const writer = await openTape({ directory: '/tape', tapeId: 'tp_sample', clock, log: silentLog, filesystem });
  for (const entry of entries) writer.append(entry);
  await writer.flush();
  await writer.close();
  return filesystem;
}

async function accountOf(entries: readonly TapeEntry[]): Promise<TapeAccount> {
  return verifyTape('/tape', { filesystem: await tapeOf(entries) });
}

const at = (seconds: number): ReturnType<typeof unixUs> => unixUs(SAMPLE_START_AT + seconds * 1_000_000);

/** Ten seconds of both tracks, without the frames a filter takes out (seconds since the start). */
function stream(keep: (second: number, trackId: number) => boolean = () => true, facts: TapeEntry[] = []): TapeEntry[] {
  const frames = [
    ...Array.from({ length: 300 }, (_, index) => sampleVideo(index)).filter((_, index) => keep(index / 30, 1)),
    ...Array.from({ length: 500 }, (_, index) => sampleAudio(index)).filter((_, index) => keep(index / 50, 2)),
  ];
  const timeOf = (entry: TapeEntry): number =>
    'arrivedAt' in entry ? entry.arrivedAt : 'at' in entry ? entry.at : entry.toAt;
  const rest = [...frames, ...facts].sort((a, b) => timeOf(a) - timeOf(b));
  return [...sampleStart(), ...rest, { kind: 'tape-sealed', at: at(10), reason: 'stopped' }];
}

test('prints a tape one entry a line, with damage noted where it is', async () => {
  const filesystem = await tapeOf([
    ...sampleStart(),
    sampleVideo(0, 3200),
    { ...sampleVideo(2), dts: sampleVideo(1).dts },
    sampleAudio(1),
    { kind: 'gap', reason: 'network-loss', trackId: 1, fromAt: at(0.5), toAt: at(0.75), packetsLost: 4 },
  ]);
  const content = filesystem.files.get('/tape/000000.tape')?.content;
  content?.fill(0, 1400, 1500);

  expect([...inspectTape('/tape', { filesystem })].join('\n')).toMatchInlineSnapshot(`
    "#0 tape-opened 2023-11-14T22:13:20.000Z tapeId=tp_sample roomId=r streamId=s userId=u
    #1 track-added v1 +0.000 mediaKind=video codec=h264 clockRate=90000
    #2 config-changed v1 +0.000 codecString=avc1.42e01f width=640 height=360 config=9B
    #3 track-added a2 +0.000 mediaKind=audio codec=opus clockRate=48000 channels=2
    #4 clock-anchor v1 ticks=900000 senderAt=1700000000000000 arrived=+0.000
    !! damaged 000000.tape@956 3.3kB lost=1
    #6 frame v1 delta pts=906000 dts=903000 +0.067 40B
    #7 frame a2 key pts=960 +0.020 20B
    #8 gap v1 reason=network-loss from=+0.500 to=+0.750 packetsLost=4
    -- not sealed"
  `);
});

test('says when a tape holds an entry of a newer version, and when it is sealed', async () => {
  const unknown = { kind: 'board-drawn', at: 1 } as unknown as TapeEntry;
  const filesystem = await tapeOf([sampleAudio(0), unknown, { kind: 'tape-sealed', at: at(1), reason: 'stopped' }]);
  expect([...inspectTape('/tape', { filesystem })].join('\n')).toMatchInlineSnapshot(`
    "#0 frame t2 key pts=0 +0.000 20B
    !! unknown-kind board-drawn 000000.tape@332 53B lost=1
    #2 tape-sealed +1.000 reason=stopped"
  `);
});

test('accounts for every second: recorded, lost, muted, paused, a gap with a reason, missing', async () => {
  const outages: Record<number, [number, number][]> = {
    1: [
      [1, 2.2],
      [4, 5],
      [6, 7],
      [8, 8.9],
    ],
    2: [
      [3, 5],
      [6, 7],
    ],
  };
  const keep = (second: number, trackId: number): boolean =>
    !(outages[trackId] ?? []).some(([from, to]) => second >= from && second < to);
  const account = await accountOf(
    stream(keep, [
      { kind: 'gap', reason: 'network-loss', trackId: 1, fromAt: at(1), toAt: at(2.2) },
      { kind: 'muted', at: at(2.98), trackId: 2 },
      { kind: 'unmuted', at: at(4.99), trackId: 2 },
      { kind: 'gap', reason: 'disk-full', trackId: 1, fromAt: at(4), toAt: at(5) },
      { kind: 'paused', at: at(6) },
      { kind: 'resumed', at: at(7) },
    ]),
  );
  expect([...printAccount(account)].join('\n')).toMatchInlineSnapshot(`
    "tape tp_sample 2023-11-14T22:13:20.000Z 10.000s 539 entries, sealed
    track 1 video h264 177 frames, 5 key, every 33.3ms, NOT CONTINUOUS
      recorded=5900ms lost=1200ms muted=0ms paused=1000ms gap=1000ms missing=900ms
          0s RLLRGRPRXR
    track 2 audio opus 350 frames, every 20.0ms, continuous
      recorded=7000ms lost=0ms muted=2000ms paused=1000ms gap=0ms missing=0ms
          0s RRRMMRPRRR
    total recorded=12900ms lost=1200ms muted=2000ms paused=2000ms gap=1000ms missing=900ms"
  `);
});

test('every duration of a track adds up to its time on the tape', async () => {
  const account = await accountOf(stream((second) => second < 3 || second > 6.5));
  for (const track of account.tracks) {
    const { recordedMs, lostMs, mutedMs, pausedMs, gapMs, missingMs } = track;
    const sum = recordedMs + lostMs + mutedMs + pausedMs + gapMs + missingMs;
    expect(Math.abs(sum - 10_000)).toBeLessThanOrEqual(2);
    expect(Math.abs(missingMs - 3500)).toBeLessThanOrEqual(40);
    expect(track.continuous).toBe(false);
  }
});

test('a single lost frame counts when an entry says so, and a late one without is jitter', async () => {
  const withoutOne = (second: number, trackId: number): boolean => trackId !== 1 || Math.round(second * 30) !== 100;
  const lost: TapeEntry = { kind: 'gap', reason: 'network-loss', trackId: 1, fromAt: at(3.3), toAt: at(3.36) };
  const [noted] = (await accountOf(stream(withoutOne, [lost]))).tracks;
  const [unnoted] = (await accountOf(stream(withoutOne))).tracks;
  expect(noted).toMatchObject({ lostMs: 33, missingMs: 0, seconds: 'RRRRRRRRRR' });
  expect(unnoted).toMatchObject({ lostMs: 0, missingMs: 0, continuous: true });
});

test('Opus DTX is recorded silence, the same hole in speech is missing', async () => {
  const quiet = (bytes: number): TapeEntry[] => {
    const keep = (second: number, trackId: number): boolean =>
      trackId === 1 || second < 2 || second > 6 || (second * 50) % 20 < 1;
    return stream(keep).map((entry) =>
      entry.kind === 'frame' && entry.trackId === 2 && entry.arrivedAt > at(1.9) && entry.arrivedAt < at(6)
        ? { ...entry, data: new Uint8Array(bytes) }
        : entry,
    );
  };
  const [, silent] = (await accountOf(quiet(1))).tracks;
  const [, lost] = (await accountOf(quiet(60))).tracks;
  expect(silent).toMatchObject({ missingMs: 0, continuous: true, seconds: 'RRRRRRRRRR', frameIntervalMs: 20 });
  expect(lost?.seconds).toBe('RRXXXXRRRR');
});

test('a track that never had a frame is missing all its time; one that ended is gone', async () => {
  const facts: TapeEntry[] = [{ kind: 'track-ended', at: at(4), trackId: 2, reason: 'left' }];
  const account = await accountOf(stream((second, trackId) => trackId === 2 && second < 4, facts));
  expect(account.tracks.map((track) => track.seconds)).toEqual(['XXXXXXXXXX', 'RRRR......']);
});
