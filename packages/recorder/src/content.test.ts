import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unixUs } from '@roomtape/media';
import { afterAll, describe, expect, it } from 'vitest';
import type { ProjectedFile, ProjectionJob } from './projection-job.ts';
import { type RenderOptions, renderTape } from './render-tape.ts';
import { beeps, flashes, offsetsMs, quietest, soundBytes, type Watched, watch } from './testing/flash-beep.ts';
import { EPOCH, Script, type ScriptTrack, wall } from './testing/script.ts';

const root = mkdtempSync(join(tmpdir(), 'roomtape-recorder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SECONDS = 8;
const S = 1_000_000;
const pictures = flashes({ seconds: SECONDS });
const sound = beeps({ seconds: SECONDS });
const video = (more: Partial<ScriptTrack> = {}): ScriptTrack => ({
  trackId: 1,
  codec: 'h264',
  packets: pictures,
  ticksOrigin: 4_000_000_000,
  ...more,
});
const audio = (more: Partial<ScriptTrack> = {}): ScriptTrack => ({
  trackId: 2,
  codec: 'opus',
  packets: sound,
  ticksOrigin: 123_456,
  ...more,
});

let count = 0;
type Rendered = { files: ProjectedFile[]; watched: Watched[] };

async function render(
  script: Script,
  job: Partial<ProjectionJob> = {},
  options: RenderOptions = {},
): Promise<Rendered> {
  count += 1;
  const tapeDirectory = join(root, `tape-${count}`);
  await script.write(tapeDirectory);
  const full: ProjectionJob = {
    jobId: `job-${count}`,
    tapeDirectory,
    outputDirectory: root,
    fileName: `file-${count}`,
    container: 'auto',
    media: 'audio-video',
    audioCodec: 'aac',
    startAt: unixUs(EPOCH),
    fragmentMs: 500,
    ...job,
  };
  const files = await renderTape(full, options);
  for (const { path } of files) {
    const said = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'null', '-'], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(said).toBe('');
  }
  return { files, watched: files.map((file) => watch(file.path)) };
}

function expectInSync(watched: Watched | undefined, seconds: number, toleranceMs = 20): void {
  if (watched === undefined) throw new Error('no file');
  const offsets = offsetsMs(watched);
  expect(offsets.length).toBeGreaterThanOrEqual(seconds);
  if (process.env.PRINT !== undefined)
    console.log(`${expect.getState().currentTestName}: max |A-V| ${Math.max(...offsets).toFixed(1)} ms`);
  expect(Math.max(...offsets)).toBeLessThanOrEqual(toleranceMs);
  expect(watched.errors).toBe(0);
}

describe.each(['aac', 'opus'] as const)('a projection with %s', (audioCodec) => {
  it('has every picture and beep in sync when both tracks have their own clocks and delays', async () => {
    const script = new Script()
      .track(video({ delayUs: (i) => 30_000 + ((i * 7919) % 40) * 1000 }))
      .track(audio({ delayUs: () => 150_000 }));
    const { files, watched } = await render(script, { audioCodec });
    expect(files).toHaveLength(1);
    expectInSync(watched[0], SECONDS - 1);
    expect(watched[0]?.pictures).toBe(SECONDS * 30);
    expect(Math.abs((files[0]?.durationUs ?? 0) - SECONDS * S)).toBeLessThan(40_000);
    expect(watched[0]?.firstPictureMs).toBe(0);
  });

  it('places tracks by arrival when there are no sender reports', async () => {
    const script = new Script().track(video({ reportsUs: 0 })).track(audio({ reportsUs: 0 }));
    const { watched } = await render(script, { audioCodec });
    expectInSync(watched[0], SECONDS - 1);
  });

  it('starts a track late without moving the other', async () => {
    const script = new Script().track(video()).track(audio({ keeps: (us) => us >= 3.5 * S }));
    const { files, watched } = await render(script, { audioCodec });
    expect(watched[0]?.flashesMs).toHaveLength(SECONDS);
    expect(watched[0]?.beepsMs).toHaveLength(4);
    expectInSync(watched[0], 4);
    expect(Math.abs((files[0]?.missingUs['not-started'] ?? 0) - 3.5 * S)).toBeLessThan(50_000);
  });

  it('starts the picture late when sound comes first', async () => {
    const script = new Script().track(video({ keeps: (us) => us >= 4 * S })).track(audio());
    const { watched } = await render(script, { audioCodec });
    expect(watched[0]?.beepsMs.length).toBeGreaterThanOrEqual(SECONDS - 1);
    expect(watched[0]?.flashesMs).toHaveLength(4);
    expectInSync(watched[0], 4);
  });

  it('holds the picture and is silent while the publisher mutes', async () => {
    const muted = (us: number) => us >= 2.5 * S && us < 5.5 * S;
    const script = new Script().track(video({ keeps: (us) => !muted(us) })).track(audio({ keeps: (us) => !muted(us) }));
    for (const trackId of [1, 2]) {
      script.add(EPOCH + 2.5 * S + 1000, { kind: 'muted', at: wall(2.5 * S), trackId });
      script.add(EPOCH + 5.5 * S - 1000, { kind: 'unmuted', at: wall(5.5 * S), trackId });
    }
    const { files, watched } = await render(script, { audioCodec });
    expectInSync(watched[0], 4);
    expect(Math.abs((files[0]?.missingUs.muted ?? 0) - 3 * S)).toBeLessThan(60_000);
    expect(Math.abs((watched[0]?.soundMs ?? 0) - SECONDS * 1000)).toBeLessThan(60);
  });

  it('keeps the time through discontinuous transmission', async () => {
    // Between the beeps only every twentieth packet is sent, as Opus does with DTX.
    const script = new Script()
      .track(video())
      .track(audio({ keeps: (us) => (us / S) % 1 < 0.2 || Math.round(us / 20_000) % 20 === 0 }));
    const { watched } = await render(script, { audioCodec });
    expectInSync(watched[0], SECONDS - 1);
  });

  it('fills a gap of 300 ms and says why', async () => {
    const lost = (us: number) => us >= 3.4 * S && us < 3.7 * S;
    const script = new Script().track(video()).track(audio({ keeps: (us) => !lost(us) }));
    script.add(EPOCH + 3.72 * S, {
      kind: 'gap',
      reason: 'network-loss',
      trackId: 2,
      fromAt: wall(3.4 * S),
      toAt: wall(3.72 * S),
      packetsLost: 15,
    });
    const { files, watched } = await render(script, { audioCodec });
    expectInSync(watched[0], SECONDS - 1);
    expect(Math.abs((files[0]?.missingUs['network-loss'] ?? 0) - 0.3 * S)).toBeLessThan(40_000);
  });

  it('has no silence where a few packets were lost, and still says that they were', async () => {
    for (const packets of [1, 2]) {
      const fromUs = 3.02 * S;
      const toUs = fromUs + packets * 20_000;
      const script = new Script().track(video()).track(audio({ keeps: (us) => us < fromUs || us >= toUs }));
      const [fromAt, toAt] = [wall(fromUs - 20_000), wall(toUs)];
      script.add(EPOCH + toUs + 5000, {
        kind: 'gap',
        reason: 'network-loss',
        trackId: 2,
        fromAt,
        toAt,
        packetsLost: packets,
      });
      const { files, watched } = await render(script, { audioCodec });
      expectInSync(watched[0], SECONDS - 1);
      expect(files[0]?.missingUs['network-loss']).toBe(packets * 20_000);
      const hole = { fromUs: fromUs + 14_000, toUs: toUs + 13_000 };
      // Kept packets leave the guess to the player: to go on from what it heard, in place of each that was lost.
      if (audioCodec === 'aac') expect(quietest(files[0]?.path ?? '', hole)).toBeGreaterThan(0.1);
      else
        expect(soundBytes(files[0]?.path ?? '', { ...hole, fromUs: fromUs + 10_000 })).toEqual(Array(packets).fill(1));
    }
  });

  it('leaves no hole where the source lost less or more than whole packets', async () => {
    const [fromUs, toUs] = [3.02 * S, 3.04 * S];
    const moved = sound.map((packet) => {
      const lostUs = packet.ptsUs >= toUs ? 8_000 : 0;
      return { ...packet, ptsUs: packet.ptsUs + lostUs, dtsUs: packet.dtsUs + lostUs };
    });
    const keeps = (us: number): boolean => us < fromUs || us >= toUs;
    const script = new Script().track(video()).track(audio({ packets: moved, keeps }));
    const { files } = await render(script, { audioCodec });
    const path = files[0]?.path ?? '';
    if (audioCodec === 'aac')
      expect(quietest(path, { fromUs: fromUs + 14_000, toUs: toUs + 20_000 })).toBeGreaterThan(0.1);
    // A guess of 20 ms, then 5 ms and 2.5 ms of silence.
    else expect(soundBytes(path, { fromUs: fromUs + 10_000, toUs: toUs + 20_000 })).toEqual([1, 3, 3]);
  });

  it('follows an audio clock that is half a percent fast', async () => {
    const script = new Script().track(video()).track(audio({ rate: 1.005 }));
    const { watched } = await render(script, { audioCodec });
    expectInSync(watched[0], SECONDS - 1);
  });

  it('goes on in the same file after a reconnect with new clocks', async () => {
    const before = (us: number) => us < 3 * S;
    const after = (us: number) => us >= 5 * S;
    const script = new Script()
      .track(video({ keeps: before }))
      .track(audio({ keeps: before }))
      .track(video({ trackId: 3, keeps: after, ticksOrigin: 77 }))
      .track(audio({ trackId: 4, keeps: after, ticksOrigin: 3_999_999_000 }));
    script.add(EPOCH + 4.9 * S, { kind: 'gap', reason: 'reconnect', fromAt: wall(3 * S), toAt: wall(5 * S) });
    const { files, watched } = await render(script, { audioCodec });
    expect(files).toHaveLength(1);
    expectInSync(watched[0], 5);
    expect(Math.abs((watched[0]?.flashesMs[3] ?? 0) - 5000)).toBeLessThan(60);
    expect(Math.abs((files[0]?.missingUs.reconnect ?? 0) - 2 * S)).toBeLessThan(80_000);
  });

  it('cuts a pause out and closes it up at a keyframe', async () => {
    const { files, watched } = await render(
      new Script().track(video()).track(audio()),
      { audioCodec },
      { pauses: [{ fromAt: wall(2.5 * S), toAt: wall(4.7 * S) }] },
    );
    // Resumes at the keyframe of second 5: 2.5 s stay, 2.5 s go.
    expect(watched[0]?.flashesMs.map(Math.round)).toEqual(
      [0, 1000, 2000, 2500, 3500, 4500].map((ms) => expect.closeTo(ms, -2)),
    );
    expectInSync(watched[0], 5);
    expect(Math.abs((files[0]?.durationUs ?? 0) - 5.5 * S)).toBeLessThan(60_000);
  });

  it('survives a jump of the video clock', async () => {
    const script = new Script().track(video({ keeps: (us) => us < 4 * S })).track(audio());
    const later = new Script().track(video({ keeps: (us) => us >= 4 * S, ticksOrigin: 4_000_000_000 + 90_000 * 1000 }));
    for (const entry of later.entries()) {
      if (entry.kind === 'frame') script.add(entry.arrivedAt, entry);
      if (entry.kind === 'clock-anchor') script.add(entry.arrivedAt, entry);
    }
    const { watched } = await render(script, { audioCodec });
    expectInSync(watched[0], SECONDS - 1);
    expect(watched[0]?.pictures).toBe(SECONDS * 30);
  });
});

describe('a projection', () => {
  it('keeps pictures in a new size in the same file', async () => {
    const large = flashes({ seconds: SECONDS, width: 320, height: 192 });
    const packets = [...pictures.filter((p) => p.ptsUs < 4 * S), ...large.filter((p) => p.ptsUs >= 4 * S)];
    const { files, watched } = await render(new Script().track(video({ packets })).track(audio()));
    expect(files).toHaveLength(1);
    expect(watched[0]?.sizes).toEqual(['160x96', '320x192']);
    expect(files[0]).toMatchObject({ width: 320, height: 192 });
    expectInSync(watched[0], SECONDS - 1);
  });

  it('keeps reordered pictures, whose order only shows after the file was begun', async () => {
    const packets = flashes({ seconds: SECONDS, bFrames: 2, gopFrames: 30 });
    expect(packets.some((p) => p.dtsUs < p.ptsUs)).toBe(true);
    const script = new Script().track(video({ packets })).track(audio());
    const { watched } = await render(script, { startAt: wall(-S) });
    expect(watched[0]?.pictures).toBe(SECONDS * 30);
    expectInSync(watched[0], SECONDS - 1);
  });

  it.each([
    ['vp8', 'webm'],
    ['vp9', 'mp4'],
    ['av1', 'mp4'],
    ['h265', 'mp4'],
  ] as const)('of %s goes to %s', async (codec, container) => {
    const packets = flashes({ seconds: 4, codec });
    const { files, watched } = await render(
      new Script().track(video({ codec, packets })).track(audio({ packets: sound.slice(0, 200) })),
    );
    expect(files[0]).toMatchObject({ container, videoCodec: codec, audioCodec: container === 'webm' ? 'opus' : 'aac' });
    expectInSync(watched[0], 3);
    expect(watched[0]?.pictures).toBe(120);
  });

  it('goes on in a second file when the codec changes', async () => {
    const vp8 = flashes({ seconds: SECONDS, codec: 'vp8' });
    const script = new Script()
      .track(video({ keeps: (us) => us < 4 * S }))
      .track(audio())
      .track(video({ trackId: 3, codec: 'vp8', packets: vp8, keeps: (us) => us >= 4 * S, ticksOrigin: 5 }));
    const { files, watched } = await render(script);
    expect(files.map((file) => file.container)).toEqual(['mp4', 'webm']);
    expectInSync(watched[0], 3);
    expectInSync(watched[1], 3);
  });

  it('has only what was asked for', async () => {
    const script = () => new Script().track(video()).track(audio());
    const sounds = await render(script(), { media: 'audio' });
    expect(sounds.files[0]).toMatchObject({ container: 'mp4', audioCodec: 'aac' });
    expect(sounds.watched[0]).toMatchObject({ pictures: 0 });
    expect(sounds.watched[0]?.beepsMs.length).toBeGreaterThanOrEqual(SECONDS - 1);
    const silent = await render(script(), { media: 'video' });
    expect(silent.watched[0]).toMatchObject({ pictures: SECONDS * 30, beepsMs: [] });
  });

  it('keeps stereo as stereo', async () => {
    const stereo = beeps({ seconds: SECONDS, channels: 2 });
    const { watched } = await render(new Script().track(video()).track(audio({ packets: stereo })));
    expectInSync(watched[0], SECONDS - 1);
  });

  it('begins and ends where it was told', async () => {
    const { files, watched } = await render(
      new Script().track(video()).track(audio()),
      { startAt: wall(1.5 * S) },
      { end: { stopAt: wall(6.5 * S) } },
    );
    expect(Math.abs((files[0]?.durationUs ?? 0) - 4.5 * S)).toBeLessThan(60_000);
    expectInSync(watched[0], 4);
  });

  it('has no undecodable picture after frames were dropped', async () => {
    const script = new Script().track(video({ keeps: (us) => us < 3.2 * S || us >= 3.4 * S })).track(audio());
    script.add(EPOCH + 3.41 * S, {
      kind: 'gap',
      reason: 'overload',
      trackId: 1,
      fromAt: wall(3.2 * S),
      toAt: wall(3.42 * S),
      framesDropped: 6,
    });
    const { files, watched } = await render(script);
    expectInSync(watched[0], SECONDS - 1);
    expect(Math.abs((files[0]?.missingUs.overload ?? 0) - 0.8 * S)).toBeLessThan(70_000);
  });
});
