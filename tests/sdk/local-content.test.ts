// The film is watched: every container with every type, recorded at the same time from one source whose times are
// known, decoded and compared with it; then played by players nobody here wrote.

import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { type Analysis, analyseFile, readRecording } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureFilm, type RecordedSpan, type SourceTruth } from '../../bench/local/film-measure.ts';
import type { MeasuredBrowser } from '../../bench/local/measured-browser.ts';
import { type LocalStage, openLocalStage } from '../../bench/local/stage.ts';
import { isStarved, judgedFaults } from './judged-faults.ts';
import { servePageFolder } from './page-folder.ts';

const SECONDS = 6;
/** The bound of all tests for sound against picture; the benchmark asks for less on a quiet machine. */
const OFFSET_MAX_MS = 20;
/** A busy machine ends and begins late; a film without its length is off by seconds. */
const DURATION_TOLERANCE_MS = 150;
/** A machine busy with other tests may leave out some; a broken lane leaves out most. */
const PICTURES_MISSING_MAX = (SECONDS * 30) / 5;
const MPEGTS = join(import.meta.dirname, '..', '..', 'node_modules', 'mpegts.js', 'dist', 'mpegts.js');

const FILMS = [
  { filePath: 'both.mp4', recordType: 'audio-and-video', tracks: 'audio video' },
  { filePath: 'sound.mp4', recordType: 'only-audio', tracks: 'audio' },
  { filePath: 'picture.mp4', recordType: 'only-video', tracks: 'video' },
  { filePath: 'both.flv', recordType: 'audio-and-video', tracks: 'audio video' },
  { filePath: 'sound.flv', recordType: 'only-audio', tracks: 'audio' },
  { filePath: 'picture.flv', recordType: 'only-video', tracks: 'video' },
  { filePath: 'both.aac', recordType: 'audio-and-video', tracks: 'audio' },
  { filePath: 'default.aac', recordType: 'default', tracks: 'audio' },
] as const;

type Answer = { readonly truth: SourceTruth; readonly spans: Readonly<Record<string, RecordedSpan>> };

let stage: LocalStage;
let browser: MeasuredBrowser;
let answer: Answer;

beforeAll(async () => {
  stage = await openLocalStage();
  browser = await stage.launch();
  const { run } = await stage.openPage(browser);
  answer = await run<Answer>(RECORD_ALL, { films: FILMS, seconds: SECONDS, url: stage.receiver.url });
  if (isStarved(answer.truth)) console.log('this machine starves browsers: only order, tracks and decoding are judged');
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
}, 30_000);

describe('a film recorded in the browser', () => {
  it.each(FILMS)('$filePath as $recordType holds $tracks, whole and in step', ({ filePath, tracks }) => {
    const analysis = analyseFile(stage.receiver.pathOf(filePath), {
      video: tracks.includes('video') ? 'required' : 'forbidden',
      audio: tracks.includes('audio') ? 'required' : 'forbidden',
      missingFramesMax: PICTURES_MISSING_MAX,
      offsetMsMax: OFFSET_MAX_MS,
      cadenceMsMax: 20,
      participantIndex: 0,
      // ADTS says nothing of its length: what a reader tells is guessed from its first frames.
      durationSkewMsMax: filePath.endsWith('.aac') ? 5_000 : DURATION_TOLERANCE_MS,
    });

    expect(judgedFaults(analysis, answer.truth), textOf(analysis)).toEqual([]);
    expect(analysis.seconds.length).toBeGreaterThanOrEqual(SECONDS - 1);
    expect(analysis.container).toBe(filePath.split('.')[1]);
  });

  it.each(FILMS.filter(({ filePath }) => !filePath.endsWith('.aac')))(
    '$filePath says how long it is and lasts from start to stop',
    ({ filePath }) => {
      const span = answer.spans[filePath] ?? { startedAtMs: 0, stoppedAtMs: 0 };
      const { durationUs } = readRecording(stage.receiver.pathOf(filePath));

      const errorMs = durationUs / 1000 - (span.stoppedAtMs - span.startedAtMs);
      expect(Math.abs(errorMs), `${filePath} is ${errorMs.toFixed(0)} ms off`).toBeLessThan(durationToleranceMs());
    },
  );

  it.each(['both.mp4', 'both.flv'])('%s has its sound where the source had it', (filePath) => {
    const span = answer.spans[filePath] ?? { startedAtMs: 0, stoppedAtMs: 0 };
    const figures = measureFilm(readRecording(stage.receiver.pathOf(filePath)), answer.truth, span);

    console.log(`${filePath}: offset ${figures.offsetMs} ms, spread ${figures.spreadMs}, ${figures.framesLost} lost`);
    expect(figures.beeps).toBeGreaterThanOrEqual(SECONDS - 2);
    expect(Math.abs(figures.offsetMs)).toBeLessThan(OFFSET_MAX_MS);
    expect(figures.framesRepeated).toBe(0);
  });

  it.each(['both.aac', 'default.aac'])('%s is read by ffprobe as AAC at 48 kHz', (filePath) => {
    const shown = ['-show_entries', 'stream=codec_name,profile,sample_rate', '-of', 'json'];
    const probed = execFileSync('ffprobe', ['-v', 'error', ...shown, stage.receiver.pathOf(filePath)], {
      encoding: 'utf8',
    });

    expect(JSON.parse(probed).streams).toEqual([{ codec_name: 'aac', profile: 'LC', sample_rate: '48000' }]);
  });

  it('raw.wav, recorded beside them, is read by ffprobe and beeps each second', () => {
    const path = stage.receiver.pathOf('raw.wav');
    const shown = ['-show_entries', 'stream=codec_name,sample_rate,channels:format=format_name', '-of', 'json'];
    const probed = JSON.parse(execFileSync('ffprobe', ['-v', 'error', ...shown, path], { encoding: 'utf8' }));
    // On a busy machine a browser may lose samples of a tap, which splits a beep.
    const beeps = readRecording(path).audio?.beeps.filter(({ frequencyHz }) => frequencyHz === 1000) ?? [];

    expect(probed.streams).toEqual([{ codec_name: 'pcm_s16le', sample_rate: '48000', channels: 1 }]);
    expect(probed.format).toEqual({ format_name: 'wav' });
    expect(beeps.length).toBeGreaterThanOrEqual(SECONDS - 1);
  });
});

describe('players nobody here wrote', () => {
  it('show the right length and picture after seeking: MP4 in <video>, FLV in mpegts.js', async () => {
    const page = '<!doctype html><meta charset="utf-8"><title>Player</title>';
    const site = await servePageFolder(dirname(stage.receiver.pathOf('both.mp4')), { '/player': page });
    try {
      const player = await browser.openPage(`${site.url}/player`);
      await player.addScriptTag({ path: MPEGTS });

      for (const filePath of ['both.mp4', 'both.flv']) {
        const span = answer.spans[filePath] ?? { startedAtMs: 0, stoppedAtMs: 0 };
        const firstCounter = readRecording(stage.receiver.pathOf(filePath)).video?.frames[0]?.counter ?? Number.NaN;
        const shown = await player.evaluate<Shown>(`(${PLAY})('${filePath}')`);

        const lengthMs = span.stoppedAtMs - span.startedAtMs;
        expect(Math.abs(shown.durationMs - lengthMs), filePath).toBeLessThan(durationToleranceMs());
        for (const { soughtMs, counter } of shown.pictures) {
          const wanted = firstCounter + Math.floor((soughtMs * 30) / 1000);
          expect(Math.abs(counter - wanted), `${filePath} at ${soughtMs} ms`).toBeLessThanOrEqual(3);
        }
      }
    } finally {
      await site.close();
    }
  });
});

type Shown = {
  readonly durationMs: number;
  readonly pictures: readonly { readonly soughtMs: number; readonly counter: number }[];
};

function durationToleranceMs(): number {
  return DURATION_TOLERANCE_MS * (isStarved(answer.truth) ? 5 : 1);
}

function textOf(analysis: Analysis): string {
  return analysis.faults.map(({ code, message, atMs }) => `${code} ${message} at ${atMs ?? '-'}`).join('; ');
}

/** All films at the same time, on the channels of two engines. */
const RECORD_ALL = `
  const { films, seconds, url } = argument;
  const source = await knownSource.openGenerator({ width: 480, height: 270 });
  const engines = [0, 1].map(() => roomtape.createEngine({ server: 'http://127.0.0.1:9' }));
  const jobs = films.map(({ filePath, recordType }, index) => ({
    config: { filePath, recordType },
    channel: ['main', 'aux', 'third', 'fourth'][index % 4],
    engine: engines[index >> 2],
  }));
  const startedAtMs = {};
  for (const engine of engines) {
    engine.setDataRecordEventHandler({
      onCapturedDataRecordStateUpdate: ({ state, config }) => {
        if (state === 'recording') startedAtMs[config.filePath] = performance.now();
      },
    });
  }
  for (const { engine, channel } of jobs) {
    await engine.startPreview({ channel, source: { kind: 'custom', mediaStream: source.stream } });
  }
  await engineRecorder.pause(500);
  await Promise.all(jobs.map(({ engine, config, channel }) => engine.startRecordingCapturedData(config, channel)));
  const raw = await engines[0].startAudioRecording({ source: 'captured', filePath: 'raw.wav' });
  await engineRecorder.pause(seconds * 1000);
  await sendFilm(url, 'raw.wav', await raw.stop());
  const spans = {};
  const files = await Promise.all(
    jobs.map(({ engine, config: { filePath }, channel }) => {
      spans[filePath] = { startedAtMs: startedAtMs[filePath], stoppedAtMs: performance.now() };
      return engine.stopRecordingCapturedData(channel);
    }),
  );
  const truth = await source.truth();
  for (const [index, file] of files.entries()) await sendFilm(url, films[index].filePath, file);
  await source.close();
  return { truth, spans };
`;

/** Plays, seeks to and fro, and reads the counter in each picture. */
const PLAY = `async (name) => {
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  const seen = (event) => new Promise((resolve, reject) => {
    video.addEventListener(event, resolve, { once: true });
    video.addEventListener('error', () => reject(new Error(name + ': ' + video.error?.message)), { once: true });
  });
  const ready = seen('canplay');
  let player;
  if (name.endsWith('.flv')) {
    player = mpegts.createPlayer({ type: 'flv', url: '/' + name }, { lazyLoad: false });
    player.attachMediaElement(video);
    player.load();
  } else video.src = '/' + name;
  await ready;
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const readCounter = () => {
    const { width, height } = canvas;
    pen.drawImage(video, 0, 0);
    const { data } = pen.getImageData(0, 0, width, height);
    const [left, top] = [Math.round(width / 10), Math.round((height * 5) / 12)];
    const [w, h] = [Math.round((width * 9) / 10) - left, Math.round((height * 7) / 12) - top];
    let counter = 0;
    for (let bit = 0; bit < 20; bit++) {
      const x = left + Math.floor((((bit % 16) + 0.5) * w) / 16);
      const y = top + Math.floor((((bit >> 4) + 0.5) * h) / 2);
      if (data[(y * width + x) * 4 + 1] > 127) counter |= 1 << bit;
    }
    return counter;
  };
  const pictures = [];
  for (const soughtMs of [4000, 1500, 3000]) {
    const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    const sought = seen('seeked');
    video.currentTime = soughtMs / 1000;
    await Promise.all([sought, shown]);
    pictures.push({ soughtMs, counter: readCounter() });
  }
  const durationMs = video.duration * 1000;
  player?.destroy();
  video.remove();
  return { durationMs, pictures };
}`;
