// The scenes of the recorder's tests as they run in a page. Each has a recorder and sources of its own.

import type { SourceTruth } from '../../bench/local/film-measure.ts';
import type { RecorderOutcome } from './recorder-page.ts';

/** What a scene hands back. */
export type SceneOutcome = RecorderOutcome & {
  /** From the start that was told to the stop that was asked for, by the page's clock. */
  readonly recordedMs: number;
  readonly truths?: readonly SourceTruth[];
  readonly silentMs?: number;
  readonly startedAfterMs?: number;
  readonly notes?: Readonly<Record<string, unknown>>;
};

/** What the storage still takes in the last scene; browsers hand it out in large pieces. */
export const FREE_BYTES = 6_000_000;

const SMALL = '{ width: 320, height: 180 }';
const OPEN = `
  const openKnown = (participantIndex, more) =>
    knownSource.openGenerator({ ...${SMALL}, participantIndex, ...more });
  const picturesOf = ({ stream }) => stream.getVideoTracks()[0];
  const soundOf = ({ stream }) => stream.getAudioTracks()[0];
`;

const REPLACED = `${OPEN}
  const [first, second] = [await openKnown(0), await openKnown(1)];
  const source = openTracks(picturesOf(first), soundOf(first));
  const { recorder, outcome } = await openRecorder(source, { filePath: 'replaced.mp4' });
  await recorder.start();
  const startedMs = performance.now();
  await pause(2000);
  // As owners do: the old tracks stop first.
  for (const track of first.stream.getTracks()) track.stop();
  source.change({ videoTrack: picturesOf(second), audioTrack: soundOf(second) });
  await pause(2000);
  const recordedMs = performance.now() - startedMs;
  const file = await recorder.stop();
  const truths = [await first.truth(), await second.truth()];
  await Promise.all([first.close(), second.close()]);
  return { ...(await outcome(file)), truths, recordedMs };
`;

const LATER = `${OPEN}
  const known = await openKnown(0);
  const source = openTracks(picturesOf(known), undefined);
  const { recorder, outcome } = await openRecorder(source, { filePath: 'later.flv', recordType: 'audio-and-video' });
  await recorder.start();
  const startedMs = performance.now();
  await pause(1300);
  source.change({ audioTrack: soundOf(known) });
  const silentMs = performance.now() - startedMs;
  await pause(2700);
  const recordedMs = performance.now() - startedMs;
  const file = await recorder.stop();
  const truths = [await known.truth()];
  await known.close();
  return { ...(await outcome(file)), truths, recordedMs, silentMs };
`;

const ENDED = `${OPEN}
  const [known, other] = [await openKnown(0), await openKnown(1, { isSilent: true })];
  const source = openTracks(picturesOf(known), soundOf(known));
  const { recorder, outcome } = await openRecorder(source, { filePath: 'ended.mp4' });
  await recorder.start();
  const startedMs = performance.now();
  picturesOf(known).stop();
  soundOf(known).stop();
  await pause(50);
  source.change({ videoTrack: picturesOf(other) });
  await pause(1000);
  const recordedMs = performance.now() - startedMs;
  const file = await recorder.stop();
  await Promise.all([known.close(), other.close()]);
  return { ...(await outcome(file)), recordedMs };
`;

const STILL = `
  const canvas = Object.assign(document.createElement('canvas'), { width: 641, height: 361 });
  const pen = canvas.getContext('2d');
  pen.fillRect(0, 0, 641, 361);
  const [track] = canvas.captureStream(30).getVideoTracks();
  pen.fillStyle = '#c33';
  pen.fillRect(100, 100, 300, 100);
  const { recorder, outcome } = await openRecorder(openTracks(track, undefined), { filePath: 'still.mp4' });
  await recorder.start();
  const startedMs = performance.now();
  await pause(2600);
  recorder.pause();
  const pausedMs = performance.now();
  await pause(700);
  recorder.resume();
  const restedMs = performance.now() - pausedMs;
  await pause(600);
  const recordedMs = performance.now() - startedMs - restedMs;
  const file = await recorder.stop();
  track.stop();
  return { ...(await outcome(file)), recordedMs };
`;

const NEVER = `
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
  const [track] = canvas.captureStream(0).getVideoTracks();
  const config = { filePath: 'never.mp4', recordType: 'audio-and-video', width: 320, height: 240, audioBitrateBps: 64000 };
  const audio = new AudioContext();
  const sound = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
  const { recorder, outcome } = await openRecorder(openTracks(track, sound.stream.getAudioTracks()[0]), config);
  const askedMs = performance.now();
  await recorder.start();
  const startedMs = performance.now();
  await pause(1500);
  const recordedMs = performance.now() - startedMs;
  const file = await recorder.stop();
  track.stop();
  await audio.close();
  return { ...(await outcome(file)), recordedMs, startedAfterMs: startedMs - askedMs };
`;

const HASTY = `${OPEN}
  const known = await openKnown(0);
  const source = openTracks(picturesOf(known), soundOf(known));
  const codeOf = (work) => work.then(() => 'none', (error) => error.code);
  const { recorder, outcome } = await openRecorder(source, { filePath: 'hasty.mp4' });
  const stoppedBefore = await codeOf(recorder.stop());
  recorder.pause();
  recorder.resume();
  const started = recorder.start();
  const startedTwice = await codeOf(recorder.start());
  const files = await Promise.all([recorder.stop(), recorder.stop(), started.then(() => recorder.stop())]);
  const startedAfter = await codeOf(recorder.start());
  const bad = await openRecorder(source, { filePath: 'bad.mp4', width: NaN });
  const badConfig = await codeOf(bad.recorder.start());
  const badConfigStop = await codeOf(bad.recorder.stop());
  await known.close();
  const isSameFile = files.every((file) => file === files[0]);
  const notes = { stoppedBefore, startedTwice, isSameFile, startedAfter, badConfig, badConfigStop };
  return { ...(await outcome(files[0])), recordedMs: 0, notes };
`;

/** Scenes that play at the same time. */
export const TOGETHER: Readonly<Record<string, string>> = {
  replaced: REPLACED,
  later: LATER,
  ended: ENDED,
  still: STILL,
  never: NEVER,
  hasty: HASTY,
};

/** Recorded at a high rate until the storage is full. */
export const FULL = `${OPEN}
  const known = await openKnown(0, { width: 640, height: 360 });
  const source = openTracks(picturesOf(known), soundOf(known));
  const config = { filePath: 'full.mp4', videoBitrateBps: 20000000 };
  const { recorder, told, outcome } = await openRecorder(source, config);
  await recorder.start();
  const startedMs = performance.now();
  for (let i = 0; i < 150 && told.length < 2; i++) await pause(50);
  const recordedMs = performance.now() - startedMs;
  const toldBeforeStop = told.length === 2;
  const file = await recorder.stop();
  await known.close();
  return { ...(await outcome(file)), recordedMs, notes: { toldBeforeStop } };
`;

/** Runs before the page of the next scene: browsers that cannot encode pictures. */
export const WITHOUT_ENCODER = 'delete globalThis.VideoEncoder';

/** The browser's own recorder, with a pause; and what it cannot make or follow. */
export const FALLBACK = `${OPEN}
  const known = await openKnown(0, { width: 640, height: 360 });
  const source = openTracks(picturesOf(known), soundOf(known));
  const { recorder, outcome } = await openRecorder(source, { filePath: 'own.mp4', progressIntervalMs: 500 });
  await recorder.start();
  const startedMs = performance.now();
  await pause(1600);
  recorder.pause();
  const pausedMs = performance.now();
  await pause(700);
  recorder.resume();
  const restedMs = performance.now() - pausedMs;
  await pause(1600);
  const recordedMs = performance.now() - startedMs - restedMs;
  const file = await recorder.stop();
  const other = await openRecorder(source, { filePath: 'own.flv' });
  const flv = await other.recorder.start().then(() => 'none', (error) => error.code);
  const replaced = await openRecorder(source, { filePath: 'first.mp4', videoCodec: 'h265', ifH265Missing: 'h264' });
  const next = await openKnown(1);
  await replaced.recorder.start();
  source.change({ videoTrack: picturesOf(next) });
  source.change({ videoTrack: picturesOf(next) });
  await pause(500);
  const { size } = await replaced.recorder.stop();
  await next.close();
  const video = Object.assign(document.createElement('video'), { muted: true, src: URL.createObjectURL(file) });
  await new Promise((resolve) => { video.onloadedmetadata = resolve; });
  const support = await recording.recordingSupport();
  await known.close();
  const notes = { flv, support, shownMs: video.duration * 1000, replaced: { told: replaced.told, size } };
  return { ...(await outcome(file)), recordedMs, notes };
`;
