import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { silentLog, unixUs } from '@roomtape/media';
import { openTape, type TapeEntry } from '@roomtape/tape';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileOutput, JobFacts, ProjectedFile, ProjectionEvent, ProjectionOutput } from './projection-job.ts';
import { createRecorder } from './recorder.ts';
import { renderTape } from './render-tape.ts';
import { beeps, flashes, offsetsMs, watch } from './testing/flash-beep.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { EPOCH, Script, wall } from './testing/script.ts';

const S = 1_000_000;
const SECONDS = 8;
const FPS = 30;
const root = mkdtempSync(join(tmpdir(), 'roomtape-outputs-'));
const AV: FileOutput = { container: 'mp4', media: 'audio-video', audioCodec: 'aac' };
const pictures = flashes({ seconds: SECONDS, gopFrames: 15 });
const sound = beeps({ seconds: SECONDS });

/** Sound begins half a second before the picture, and is not in step with it. */
const publication = (): Script =>
  new Script()
    .track({ trackId: 1, codec: 'h264', packets: pictures, ticksOrigin: 5, keeps: (us) => us >= 0.5 * S })
    .track({ trackId: 2, codec: 'opus', packets: sound, ticksOrigin: 7 });

beforeAll(() => publication().write(join(root, 'tape')));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
function factsOf(tape = 'tape'): JobFacts {
  folders += 1;
  const outputDirectory = join(root, `out-${folders}`);
  mkdirSync(outputDirectory);
  const tapeDirectory = join(root, tape);
  return { jobId: 'job', tapeDirectory, outputDirectory, fileName: 'cam.1', startAt: unixUs(EPOCH), fragmentMs: 500 };
}

const render = (...outputs: ProjectionOutput[]): Promise<ProjectedFile[]> => renderTape({ ...factsOf(), outputs });
const nameOf = ({ path }: ProjectedFile): string => basename(path);

/** Hashes of a file's packets by kind, as a foreign demuxer sees them. */
function hashes({ path }: ProjectedFile): { video: string[]; audio: string[] } {
  const entries = 'stream=index,codec_type:packet=stream_index,data_hash';
  const asked = ['-v', 'error', '-show_packets', '-show_streams', '-show_data_hash', 'md5', '-show_entries', entries];
  const facts = JSON.parse(execFileSync('ffprobe', [...asked, '-of', 'json', path], { encoding: 'utf8' }));
  const kinds = new Map(facts.streams.map((s: { index: number; codec_type: string }) => [s.index, s.codec_type]));
  const of = (kind: string): string[] =>
    facts.packets
      .filter((packet: { stream_index: number }) => kinds.get(packet.stream_index) === kind)
      .map((packet: { data_hash: string }) => packet.data_hash);
  return { video: of('video'), audio: of('audio') };
}

function together(files: readonly ProjectedFile[]): { video: string[]; audio: string[] } {
  const each = files.map(hashes);
  return { video: each.flatMap(({ video }) => video), audio: each.flatMap(({ audio }) => audio) };
}

function complaintsAbout({ path }: ProjectedFile): string {
  return execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 'null', '-'], { encoding: 'utf8' });
}

describe('several outputs', () => {
  it('of one tape are made side by side, and no two have one name', async () => {
    const files = await render(
      { ...AV, container: 'mp3' },
      AV,
      { ...AV, container: 'hls' },
      { ...AV, container: 'auto', media: 'audio' },
      { ...AV, container: 'webm' },
    );

    expect(files.map((file) => [file.output, nameOf(file), file.videoCodec, file.audioCodec])).toEqual([
      [0, 'cam.1.mp3', undefined, 'mp3'],
      [1, 'cam.1.mp4', 'h264', 'aac'],
      [2, 'cam.1.m3u8', 'h264', 'aac'],
      [3, 'cam.1.out4.mp4', undefined, 'aac'],
      // WebM has no H.264.
      [4, 'cam.1.out5.mp4', 'h264', 'aac'],
    ]);
  });

  it('split into pictures and sound, say when each begins, so that they can be put together', async () => {
    const [video, audio, aac] = await render(
      { ...AV, media: 'video' },
      { ...AV, media: 'audio' },
      { ...AV, container: 'aac' },
    );
    if (video === undefined || audio === undefined || aac === undefined) throw new Error('three files are expected');

    expect([video, audio, aac].map(nameOf)).toEqual(['cam.1.mp4', 'cam.1.out2.mp4', 'cam.1.aac']);
    expect([video.audioCodec, audio.videoCodec]).toEqual([undefined, undefined]);
    const frameUs = S / FPS;
    expect(aac.startedAt).toBe(audio.startedAt);
    expect(Math.abs(video.startedAt - audio.startedAt - 0.5 * S)).toBeLessThan(frameUs);
    const endOf = (file: ProjectedFile): number => file.startedAt + file.durationUs;
    expect(Math.abs(endOf(video) - endOf(audio))).toBeLessThan(frameUs);
    const flashesMs = watch(video.path).flashesMs.map((ms) => ms + video.startedAt / 1000);
    const beepsMs = watch(audio.path).beepsMs.map((ms) => ms + audio.startedAt / 1000);
    expect(flashesMs).toHaveLength(SECONDS - 1);
    for (const [i, flash] of flashesMs.entries()) expect(Math.abs(flash - (beepsMs[i + 1] ?? 0))).toBeLessThan(20);
  });
});

describe('new files', () => {
  it('hold every packet of the one file once, wherever they are cut', async () => {
    const kept: FileOutput = { ...AV, audioCodec: 'opus' };
    const whole = together(await renderTape({ ...factsOf(), ...kept }));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 900, max: 5000 }), async (newFileMs) => {
        const files = await renderTape({ ...factsOf(), ...kept, newFileMs });
        expect(files.map(nameOf)).toEqual(files.map((_, i) => (i === 0 ? 'cam.1.mp4' : `cam.1-${i + 1}.mp4`)));
        expect(files.map(({ part }) => part)).toEqual(files.map((_, i) => i + 1));
        expect(together(files)).toEqual(whole);
        for (const [i, file] of files.slice(1).entries()) {
          const before = files[i];
          const gapUs = file.startedAt - (before?.startedAt ?? 0) - (before?.durationUs ?? 0);
          expect(Math.abs(gapUs)).toBeLessThan(1000);
          expect(before?.durationUs).toBeGreaterThanOrEqual(newFileMs * 1000);
        }
      }),
      { numRuns: 2 },
    );
  }, 30_000);

  it('are in sync each, with sound from their first moment, and play without complaint', async () => {
    const files = await renderTape({ ...factsOf(), ...AV, newFileMs: 1700 });

    expect(files.length).toBeGreaterThan(3);
    let beepsHeard = 0;
    for (const file of files) {
      const watched = watch(file.path);
      expect(complaintsAbout(file)).toBe('');
      expect(Math.max(0, ...offsetsMs(watched))).toBeLessThanOrEqual(20);
      expect(Math.abs(watched.soundMs - file.durationUs / 1000)).toBeLessThan(45);
      expect(file.missingUs).toEqual({});
      beepsHeard += watched.beepsMs.length;
    }
    // The file begins with the picture; a beep that is cut is heard in both files.
    expect(beepsHeard).toBeGreaterThanOrEqual(SECONDS - 1);
    expect(together(files).video).toHaveLength((SECONDS - 0.5) * FPS);
  });

  it.each(['mp3', 'wav', 'aac', 'ogg'] as const)('of %s are cut at a packet', async (container) => {
    const files = await renderTape({ ...factsOf(), ...AV, container, newFileMs: 3000 });

    expect(files.map(nameOf)).toEqual([`cam.1.${container}`, `cam.1-2.${container}`, `cam.1-3.${container}`]);
    expect(files.map((file) => Math.round(file.durationUs / 20_000))).toEqual([150, 150, 100]);
    for (const file of files) expect(complaintsAbout(file)).toBe('');
  });

  it.each([
    [{ ...AV }, 60_000],
    [{ ...AV, container: 'wav' }, 200_000],
    [{ ...AV, container: 'mp3' }, 20_000],
  ] as const)('have the size that was asked for, up to the next keyframe: %o', async (output, newFileBytes) => {
    const files = await renderTape({ ...factsOf(), ...output, newFileBytes });

    expect(files.length).toBeGreaterThan(1);
    // AAC needs less for silence than it is counted with.
    for (const { bytes } of files.slice(0, -1)) {
      expect(bytes).toBeGreaterThan(newFileBytes * 0.7);
      expect(bytes).toBeLessThan(newFileBytes * 1.3);
    }
  });

  it('are the same after a crash in the middle', async () => {
    const clock = new ManualClock(EPOCH);
    const events: ProjectionEvent[] = [];
    const more = { clock, log: silentLog, onEvent: (event: ProjectionEvent) => events.push(event) };
    const facts = factsOf('crashed-tape');
    const limits = { queueBytesMax: 1 << 28 };
    const writer = await openTape({ directory: facts.tapeDirectory, tapeId: 't', clock, log: silentLog, limits });
    const job = {
      ...facts,
      outputs: [
        { ...AV, newFileMs: 1700 },
        { ...AV, container: 'mp3', newFileMs: 2000 },
      ],
    } as const;
    const first = createRecorder(more);
    first.start(job);
    const entries = publication().entries();
    const append = async (count: number): Promise<void> => {
      for (const entry of entries.splice(0, count)) writer.append(entry as TapeEntry);
      await writer.flush();
    };
    await append(Math.round(entries.length * 0.6));
    clock.advance(1000);
    expect(events.at(-1)?.files.map(nameOf)).toEqual(
      expect.arrayContaining(['cam.1.mp4', 'cam.1-2.mp4', 'cam.1.mp3', 'cam.1-2.mp3']),
    );
    await first.close();
    const second = createRecorder(more);
    second.start(job);
    clock.advance(300);
    await append(entries.length);
    await writer.seal('test');
    second.finish('job', { stopAt: wall(100 * S) });
    clock.advance(1000);
    await second.close();
    await writer.close();

    const last = events.at(-1);
    expect(last?.kind).toBe('finished');
    const untouched = await renderTape({ ...factsOf('crashed-tape'), outputs: job.outputs });
    const summary = (files: readonly ProjectedFile[] = []) =>
      files.map((file) => [file.output, nameOf(file), file.durationUs, hashes(file)]);
    expect(summary(last?.files)).toEqual(summary(untouched));
  });
});

describe('an output that fails', () => {
  it('for good is told, and the others are finished', async () => {
    const clock = new ManualClock(EPOCH);
    const events: ProjectionEvent[] = [];
    const recorder = createRecorder({ clock, log: silentLog, onEvent: (event) => events.push(event) });
    const broken = { ...AV, container: 'none' as never };
    recorder.start({ ...factsOf(), outputs: [AV, broken] });
    recorder.finish('job', { stopAt: wall(100 * S) });
    clock.advance(2000);
    recorder.start({ ...factsOf(), jobId: 'all', outputs: [broken] });
    await recorder.close();

    expect(events.filter(({ jobId }) => jobId === 'job').at(-1)).toMatchObject({
      kind: 'finished',
      files: [{ output: 0, state: 'finished' }],
      givenUp: [{ output: 1, message: expect.stringMatching(/^outputs\.1: /) }],
    });
    expect(events.at(-1)).toMatchObject({ kind: 'failed', jobId: 'all', files: [], retryable: false });
  });

  it('for a while is tried again, and the others are not kept waiting', async () => {
    const clock = new ManualClock(EPOCH);
    const events: ProjectionEvent[] = [];
    const recorder = createRecorder({ clock, log: silentLog, onEvent: (event) => events.push(event) });
    const facts = factsOf();
    recorder.start({ ...facts, outputs: [AV, { ...AV, container: 'mp3' }] });
    const inTheWay = join(facts.outputDirectory, 'cam.1.mp3.part');
    mkdirSync(inTheWay);
    recorder.finish('job', { stopAt: wall(100 * S) });
    clock.advance(3000);
    expect(events.at(-1)).toMatchObject({
      kind: 'progressed',
      files: [{ output: 0, state: 'finished' }],
      stalled: { message: expect.stringMatching(/^outputs\.1: /) },
    });
    rmSync(inTheWay, { recursive: true });
    clock.advance(31_000);
    await recorder.close();

    expect(events.at(-1)).toMatchObject({ kind: 'finished', files: [{ output: 0 }, { output: 1, state: 'finished' }] });
  });
});
