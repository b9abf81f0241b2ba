// Records the same tracks with our recorder and with MediaRecorder at the same time, and measures both films against
// the source. One run answers for offset, duration, lost pictures and, when it is long, drift.

import { readRecording } from '@roomtape/testkit';
import type { SdkPage } from '../../tests/sdk/sdk-page.ts';
import { type FilmFigures, measureFilm, type RecordedSpan, type SourceTruth } from './film-measure.ts';
import type { LocalStage } from './stage.ts';

/** Where pictures and sound come from; see `page/known-source.js` and `page/device-tap.js`. */
export type SourceKind = 'canvas' | 'generator' | 'devices';

/** What is recorded and for how long. */
export type BesideOptions = {
  readonly stage: LocalStage;
  readonly page: SdkPage;
  readonly source: SourceKind;
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  /** A worker of the page keeps one core busy meanwhile. */
  readonly isLoaded?: boolean;
  /** A second recording of the same tracks that ends early, to time its stop. */
  readonly earlyStopSeconds?: number;
};

/** What the two films are, and how long the stops took. */
export type BesideFigures = {
  readonly source: SourceKind;
  readonly seconds: number;
  readonly ours: FilmFigures;
  readonly mediaRecorder: FilmFigures;
  /** From the call of stop to the file in hand. */
  readonly readyMs: { readonly ours: number; readonly mediaRecorder: number; readonly early?: number };
  /** What the source says of itself: pictures it skipped, how coarse its audio clock is. */
  readonly sourceFacts: Readonly<Record<string, number>>;
};

type PageAnswer = {
  readonly truth: SourceTruth & Readonly<Record<string, unknown>>;
  readonly ours: RecordedSpan & { readonly readyMs: number };
  readonly mediaRecorder: RecordedSpan & { readonly readyMs: number };
  readonly earlyReadyMs: number | null;
};

/** Names of the films of one run; unique per receiver. */
let runs = 0;

/** Runs once. The page is left with an engine that captures nothing. */
export async function recordBeside(options: BesideOptions): Promise<BesideFigures> {
  const { stage, page, source, seconds } = options;
  const name = `beside-${runs++}`;
  const answer = await page.run<PageAnswer>(PAGE_BODY, {
    ...{ source, seconds, name, url: stage.receiver.url, width: options.width, height: options.height },
    isLoaded: options.isLoaded === true,
    earlyStopSeconds: options.earlyStopSeconds ?? null,
  });
  const film = (suffix: string): ReturnType<typeof readRecording> =>
    readRecording(stage.receiver.pathOf(`${name}-${suffix}.mp4`));
  const { frames: _, beeps: __, ...facts } = answer.truth;
  return {
    source,
    seconds,
    ours: measureFilm(film('ours'), answer.truth, answer.ours),
    mediaRecorder: measureFilm(film('mr'), answer.truth, answer.mediaRecorder),
    readyMs: {
      ours: answer.ours.readyMs,
      mediaRecorder: answer.mediaRecorder.readyMs,
      ...(answer.earlyReadyMs === null ? {} : { early: answer.earlyReadyMs }),
    },
    sourceFacts: facts as Readonly<Record<string, number>>,
  };
}

/** Sound of the made-up microphone as it is in its film. */
const PAGE_BODY = `
  const { source: kind, seconds, name, url, width, height, isLoaded, earlyStopSeconds } = argument;
  const { preview, record, pause, keepBusy } = engineRecorder;
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const source =
    kind === 'devices' ? await openDeviceTap({ video: { width, height, frameRate: 30 }, audio: plain })
    : kind === 'canvas' ? await knownSource.openCanvas({ width, height })
    : await knownSource.openGenerator({ width, height });
  await preview(source.stream);
  await pause(1500);
  const config = { filePath: name + '.mp4', recordType: 'audio-and-video' };
  const early = earlyStopSeconds === null ? undefined : (await preview(source.stream, 'aux'), await record({ ...config, filePath: name + '-early.mp4' }, 'aux'));
  const ours = await record(config);
  const theirs = recordWithMediaRecorder(source.stream);
  await theirs.started;
  const idle = isLoaded ? keepBusy() : () => undefined;
  if (early !== undefined) await pause(earlyStopSeconds * 1000);
  const earlyFilm = await early?.stop();
  await pause((seconds - (earlyStopSeconds ?? 0)) * 1000);
  idle();
  const [mine, his] = await Promise.all([ours.stop(), theirs.stop()]);
  await pause(300);
  const truth = await source.truth();
  await sendFilm(url, name + '-ours.mp4', mine.file);
  await sendFilm(url, name + '-mr.mp4', his.file);
  await engineRecorder.open().stopPreview('main');
  if (early !== undefined) await engineRecorder.open().stopPreview('aux');
  await source.close();
  const facts = ({ startedAtMs, stoppedAtMs, readyMs }) => ({ startedAtMs, stoppedAtMs, readyMs });
  return { truth, ours: facts(mine), mediaRecorder: facts(his), earlyReadyMs: earlyFilm?.readyMs ?? null };
`;
