// Recordings of raw sound in a real Chromium: the files hold what was heard, others read them, a crash leaves them whole.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { openAudioPage, PORTS } from './audio-page.ts';
import { openPartSite, type PartSite } from './part-site.ts';

let site: PartSite;
let browser: TestBrowser;

beforeAll(async () => {
  [site, browser] = await Promise.all([openPartSite('audio'), launchBrowser()]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
}, 30_000);

/** Pitches, Hz: captured, mixed into it by a player, played here only, two remote streams. */
const PITCHES = [500, 800, 1100, 1500, 2200];
const SILENT = -120;
const HALF = -6.02;

it('records captured, playback, mixed and one stream at the same time, each with its own sound', async () => {
  const { run } = await openAudioPage(site, browser);
  const { files, states, progress, isSameFile } = await run<Recorded>(RECORD, PITCHES);

  const expected: Readonly<Record<string, readonly number[]>> = {
    'captured.wav': [-20, -26, SILENT, SILENT, SILENT],
    'playback.pcm': [SILENT, SILENT, SILENT, -20, -20],
    'mixed.wav': [-20, -26, SILENT, -20, -20],
    'one stream.wav': [SILENT, SILENT, SILENT, -20, SILENT],
  };
  for (const [name, levels] of Object.entries(expected)) {
    const file = files[name];
    levels.forEach((level, n) => {
      const found = file?.levels[n] ?? 0;
      if (level === SILENT) expect(found).toBeLessThan(-55);
      else expect(Math.abs(found - level)).toBeLessThan(1.5);
    });
    expect(file?.seconds).toBeGreaterThan(2);
    expect(states[name]).toEqual(['recording', 'success']);
  }
  expect(progress.length).toBeGreaterThan(2);
  expect(progress.at(-1)).toMatchObject({ currentFileBytes: files['captured.wav']?.bytes });
  expect(isSameFile).toBe(true);
  expect(await probe(files['captured.wav'])).toMatchObject({
    codec_name: 'pcm_s16le',
    sample_rate: '44100',
    channels: 2,
    duration: files['captured.wav']?.seconds.toFixed(6),
  });
  expect(await probe(files['one stream.wav'])).toMatchObject({ sample_rate: '8000', channels: 1 });
});

it('leaves a file that is made whole after the tab crashed', async () => {
  const { page, run } = await openAudioPage(site, browser);
  await run(`${PORTS}
    await graph.resume();
    mixer.addInput(audio.toneNode(graph.context, 500, 0.5));
    let written = 0;
    await audio.startAudioRecording({ ports, config: { source: 'captured', filePath: 'crash.wav', progressIntervalMs: 100 },
      onProgress: ({ durationMs }) => { written = durationMs; } });
    await until(() => written >= 1000);`);
  await page.goto('chrome://crash').catch(() => undefined);

  const { run: runAfter } = await openAudioPage(site, browser);
  const { name, seconds, level, left } = await runAfter<Recovered>(RECOVER);

  expect(name).toBe('crash.wav');
  expect(seconds).toBeGreaterThan(0.99);
  expect(level).toBeCloseTo(HALF, 1);
  expect(left).toBe(0);
});

it('refuses what cannot be recorded, and tells the state callback the same', async () => {
  const { run } = await openAudioPage(site, browser);
  const start = (config: string): Promise<unknown> =>
    run(`${PORTS} let told; const onState = (state, error) => { told = state + ' ' + error?.code; };
      try { await audio.startAudioRecording({ ports, onState, config: ${config} }); }
      catch (error) { return error.code + ', ' + told; }
      finally { await graph.close(); }`);

  expect(await start(`{ source: 'captured', filePath: 'a.mp3' }`)).toBe(both('RECORD_SUFFIX_NOT_SUPPORTED'));
  expect(await start(`{ source: 'captured', filePath: 'folder/' }`)).toBe(both('RECORD_PATH_INVALID'));
  expect(await start(`{ source: 'captured', filePath: '../a.wav' }`)).toBe(both('RECORD_PATH_INVALID'));
  expect(await start(`{ source: 'captured', filePath: 7 }`)).toBe(both('RECORD_SUFFIX_NOT_SUPPORTED'));
  expect(await start(`{ source: 'captured', filePath: 'a'.repeat(1024) + '.wav' }`)).toBe(both('RECORD_PATH_TOO_LONG'));
  expect(await start(`{ source: 'other', filePath: 'a.wav' }`)).toBe(both('INVALID_ARGUMENT'));
  expect(await start(`{ source: { streamId: 'x' }, filePath: 'a.wav' }`)).toBe(both('RECORD_NOTHING_TO_RECORD'));
  expect(await start(`{ source: 'mixed', filePath: 'a.wav', sampleRate: 7000 }`)).toBe(both('INVALID_ARGUMENT'));
  expect(await start(`{ source: 'mixed', filePath: 'captured.wav', ifExists: 'fail' }`)).toBe(
    both('RECORD_FILE_EXISTS'),
  );
});

const both = (code: string): string => `${code}, no-record ${code}`;

type RecordedFile = {
  readonly bytes: number;
  readonly seconds: number;
  readonly levels: number[];
  readonly base64: string;
};
type Recorded = {
  readonly files: Readonly<Record<string, RecordedFile>>;
  readonly states: Readonly<Record<string, string[]>>;
  readonly progress: readonly Readonly<Record<string, number>>[];
  readonly isSameFile: boolean;
};
type Recovered = { name: string; seconds: number; level: number; left: number };

async function probe(file: RecordedFile | undefined): Promise<Record<string, unknown> | undefined> {
  const path = join(site.folder, 'probed.wav');
  await writeFile(path, Buffer.from(file?.base64 ?? '', 'base64'));
  const options = ['-v', 'error', '-show_streams', '-of', 'json', path];
  const { stdout } = await promisify(execFile)('ffprobe', options);
  return (JSON.parse(stdout) as { streams: Record<string, unknown>[] }).streams[0];
}

const SAMPLES = `
const samplesOf = async (file) => {
  const bytes = await file.arrayBuffer();
  return new Int16Array(bytes, file.name.endsWith('.wav') ? 80 : 0);
};
`;

const RECORD = `${PORTS}${SAMPLES}
await graph.resume();
mixer.setCapture(await audio.toneTrack(argument[0], 0.1));
const outputs = { graph, mixerOf: () => mixer };
const [mixedIn, localOnly] = [new audio.MediaPlayer(outputs), new audio.MediaPlayer(outputs)];
await Promise.all([mixedIn.load(audio.toneWav(argument[1], 0.05, 20)), localOnly.load(audio.toneWav(argument[2], 0.05, 20))]);
mixedIn.enableAux(true);
await Promise.all([mixedIn.start(), localOnly.start()]);
for (const n of [0, 1]) playback.set('r' + n, await audio.loopback(await audio.toneTrack(argument[3 + n], 0.1)));
// The streams come up before anything is judged: both sound as they should for 600 ms without a break.
const steady = { r0: 0, r1: 0 };
const arrival = await audio.startAudioDataObserver(ports, {
  sources: { player: true }, format: { frameMs: 40 },
  handler: { onPlayerAudioData: (frame, id) => {
    const [levelDb] = audio.levelsDb(audio.planeOf([frame]), frame.sampleRate, [argument[3 + Number(id.slice(1))]]);
    steady[id] = Math.abs(levelDb + 20) < 1 ? steady[id] + 1 : 0;
  } },
});
await until(() => Math.min(steady.r0, steady.r1) >= 15);
arrival.stop();
const wanted = {
  'captured.wav': { source: 'captured', sampleRate: 44100, channels: 2, progressIntervalMs: 500 },
  'playback.pcm': { source: 'playback', sampleRate: 16000 },
  'mixed.wav': { source: 'mixed' },
  'one stream.wav': { source: { streamId: 'r0' }, sampleRate: 8000 },
};
const [states, files, progress] = [{}, {}, []];
const running = await Promise.all(Object.entries(wanted).map(([filePath, config]) => audio.startAudioRecording({
  ports, config: { filePath, ...config },
  onState: (state) => (states[filePath] ??= []).push(state),
  onProgress: (told) => { if (filePath === 'captured.wav') progress.push(told); },
})));
await until(() => progress.at(-1)?.durationMs >= 3000);
const stopped = await Promise.all(running.map((recording) => recording.stop()));
const isSameFile = await running[0].stop() === stopped[0];
for (const file of stopped) {
  const { sampleRate = 48000, channels = 1 } = wanted[file.name];
  const data = await samplesOf(file);
  const plane = audio.planeOf([{ data, channels, sampleRate }]);
  const base64 = btoa(new Uint8Array(await file.arrayBuffer()).reduce((text, byte) => text + String.fromCharCode(byte), ''));
  const levels = audio.steadyLevelsDb(plane.subarray(sampleRate / 2, plane.length - sampleRate / 4), sampleRate, argument);
  files[file.name] = { bytes: file.size, seconds: plane.length / sampleRate, levels, base64 };
}
await graph.close();
return { files, states, progress, isSameFile };
`;

const RECOVER = `${SAMPLES}
const store = await audio.openRecordingStore();
let unfinished = [];
await until(async () => {
  unfinished = await store.listUnfinishedRecordings();
  return unfinished.length > 0;
});
const file = await store.recoverRecording(unfinished[0].id);
const bytes = new DataView(await file.arrayBuffer());
const plane = audio.planeOf([{ data: await samplesOf(file), channels: 1 }]);
const left = (await store.listUnfinishedRecordings()).length;
const seconds = bytes.getUint32(76, true) / 96000;
if (seconds !== plane.length / 48000 || bytes.getUint32(4, true) !== file.size - 8) throw new Error('wrong header');
return { name: file.name, seconds, level: audio.levelsDb(plane.subarray(4800), 48000, [500])[0], left };
`;
