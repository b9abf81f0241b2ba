// Raw audio in a real Chromium, judged by tones: right pitch, level, channel, count, and not a sample lost or doubled.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { inOwnPage, openAudioPage, PORTS } from './audio-page.ts';
import { openPartSite, type PartSite } from './part-site.ts';
import type { RunInPage } from './run-in-page.ts';

let site: PartSite;
let browser: TestBrowser;
let run: RunInPage;
const runAlone = inOwnPage(
  () => site,
  () => browser,
);
let observed: Observed;
let stalled: Stalled;

/** Pitches, Hz: captured left and right, and three remote streams. All are far below half of the lowest rate. */
const PITCHES = [500, 700, 1000, 1500, 2200];
const SECONDS = 11;

const OBSERVERS = {
  wide: { sampleRate: 48_000, channels: 2, format: 'float32', frameMs: 10 },
  cd: { sampleRate: 44_100, channels: 2, format: 'int16', frameMs: 40 },
  speech: { sampleRate: 16_000, channels: 1, format: 'int16', frameMs: 20 },
  phone: { sampleRate: 8000, channels: 1, format: 'float32', frameMs: 40 },
} as const;
type ObserverName = keyof typeof OBSERVERS;
const NAMES = Object.keys(OBSERVERS) as ObserverName[];

type Heard = {
  readonly frames: number;
  readonly faults: readonly string[];
  readonly kind: string;
  /** Per channel, per pitch. */
  readonly levels: readonly (readonly number[])[];
  /** What is in the first channel besides its own pitches. */
  readonly restDb: number;
};
type Observed = {
  readonly heard: Readonly<Record<string, Heard>>;
  /** Per observer: the largest difference between mixed and captured + playback. */
  readonly mixedErrors: Readonly<Record<string, number>>;
  /** Samples of a counter that did not follow the one before, of how many; at two rates of the context. */
  readonly counters: readonly { readonly samples: number; readonly breaks: number }[];
};

beforeAll(async () => {
  [site, browser] = await Promise.all([openPartSite('audio'), launchBrowser()]);
  ({ run } = await openAudioPage(site, browser));
  const busy = await openAudioPage(site, browser);
  [observed, stalled] = await Promise.all([
    run<Observed>(OBSERVE, { pitches: PITCHES, observers: OBSERVERS, seconds: SECONDS }),
    busy.run<Stalled>(STALL),
  ]);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
}, 30_000);

const heardBy = (name: ObserverName, tap: string): Heard => {
  const found = observed.heard[`${name} ${tap}`];
  if (found === undefined) throw new Error(`nothing of ${name} ${tap}`);
  return found;
};

it.each(NAMES)('gives frames of one length, without gap or repetition, for every tap: %s', (name) => {
  const { format, frameMs } = OBSERVERS[name];
  for (const tap of ['captured', 'playback', 'mixed', 'player r0', 'player r1', 'player r2']) {
    const { faults, kind, frames } = heardBy(name, tap);
    expect(faults).toEqual([]);
    expect(kind).toBe(format === 'int16' ? 'Int16Array' : 'Float32Array');
    // All taps of an observer begin and end together.
    expect(frames).toBe(heardBy(name, 'captured').frames);
    expect(frames * frameMs).toBeGreaterThan(SECONDS * 500);
  }
});

it.each(NAMES)('has what is captured at its pitch, level and channel, and nothing else: %s', (name) => {
  const { levels, restDb } = heardBy(name, 'captured');
  const [left = [], right] = levels;
  const half = right === undefined ? -18.06 : -12.04;
  expect(left[0]).toBeCloseTo(half, 1);
  if (right === undefined) expect(left[1]).toBeCloseTo(half, 1);
  else {
    expect(right[1]).toBeCloseTo(half, 1);
    expect(left[1]).toBeLessThan(-80);
    expect(right[0]).toBeLessThan(-80);
  }
  for (const other of left.slice(2)) expect(other).toBeLessThan(-80);
  // One lost or doubled sample in these seconds would stand out by far more.
  expect(restDb).toBeLessThan(-70);
});

it.each(NAMES)('has each remote stream by itself and all of them in the playback: %s', (name) => {
  for (const [n, tap] of ['player r0', 'player r1', 'player r2'].entries()) {
    const [plane = []] = heardBy(name, tap).levels;
    plane.forEach((level, pitch) => {
      if (pitch === n + 2) expect(Math.abs(level + 20)).toBeLessThan(1.5);
      else expect(level).toBeLessThan(-55);
    });
  }
  for (const plane of heardBy(name, 'playback').levels) {
    for (const level of plane.slice(2)) expect(Math.abs(level + 20)).toBeLessThan(1.5);
    for (const level of plane.slice(0, 2)) expect(level).toBeLessThan(-55);
  }
});

it.each(NAMES)('mixes captured and playback sample by sample: %s', (name) => {
  const tolerance = OBSERVERS[name].format === 'int16' ? 1.01 / 32_767 : 1e-6;
  expect(observed.mixedErrors[name]).toBeLessThan(tolerance);
});

it('hands on every single sample once for ten seconds, at whatever rate the context has', () => {
  expect(observed.counters).toHaveLength(2);
  for (const { samples, breaks } of observed.counters) {
    expect(samples).toBeGreaterThan(300_000);
    expect(breaks).toBe(0);
  }
});

it('loses nothing while the page hangs, nor says so, whatever locks of the graph the page holds', () => {
  const { samples, breaks, faults, toldMs, stoodStillMs, longestGapMs } = stalled;

  expect(longestGapMs).toBeGreaterThan(250);
  expect(samples).toBeGreaterThan(100_000);
  expect(breaks).toBe(0);
  expect(faults).toEqual([]);
  // A machine that starves the browser makes the context itself stand still, and that is told.
  expect(toldMs).toBeLessThanOrEqual(Math.max(0, stoodStillMs) + 15);
});

it.concurrent('says what was lost when the browser suspends sound, and counts over it', async () => {
  const { states, faults, lostMs, pausedMs, heardMs, elapsedMs } = await runAlone<Suspended>(SUSPEND);

  expect(faults).toEqual([]);
  expect(states).toEqual(['running', 'suspended', 'running']);
  expect(lostMs).toBeGreaterThan(pausedMs * 0.8);
  expect(heardMs + lostMs).toBeLessThan(elapsedMs + 50);
});

it.concurrent('follows streams that come, go and change their track; a throwing callback stops nothing', async () => {
  const { late, afterGone, afterStop, replacedDb, throws } = await runAlone<ComingAndGoing>(COME_AND_GO);

  expect(late).toBe(0);
  expect(afterGone).toBe(0);
  expect(afterStop).toBe(0);
  expect(replacedDb).toBeGreaterThan(-25);
  expect(throws).toBeGreaterThan(1);
  expect(browser.complaints.some((complaint) => complaint.includes('of the application'))).toBe(true);
});

it.concurrent('taps the microphone before processing through a second track, which it stops', async () => {
  const { levelDb, settings, isLive } = await runAlone<BeforeProcessing>(BEFORE_PROCESSING);

  expect(levelDb).toBeGreaterThan(-40);
  expect(settings).toMatchObject({ echoCancellation: false, noiseSuppression: false, autoGainControl: false });
  expect(isLive).toBe(false);
});

it.each([
  ['{ sources: {}, handler: {} }', 'INVALID_ARGUMENT'],
  ['{ sources: { captured: true }, format: { sampleRate: 96000 }, handler: {} }', 'INVALID_ARGUMENT'],
  ['{ sources: { captured: true }, format: { sampleRate: 22050, frameMs: 10 }, handler: {} }', 'INVALID_ARGUMENT'],
  ['{ sources: { beforeProcessing: true }, handler: {} }', 'NOT_SUPPORTED'],
])('refuses %s', async (request, code) => {
  await expect(run(`${PORTS} await audio.startAudioDataObserver(ports, ${request});`)).rejects.toThrow(code);
});

type Stalled = {
  samples: number;
  breaks: number;
  faults: string[];
  /** What the frames say was lost, and by how much the context fell behind the clock of the page. */
  toldMs: number;
  stoodStillMs: number;
  longestGapMs: number;
};
type Suspended = {
  states: string[];
  faults: string[];
  lostMs: number;
  pausedMs: number;
  heardMs: number;
  elapsedMs: number;
};
type ComingAndGoing = { late: number; afterGone: number; afterStop: number; replacedDb: number; throws: number };
type BeforeProcessing = { levelDb: number; settings: Record<string, unknown>; isLive: boolean };

const OBSERVE = `${PORTS}
const { pitches, observers, seconds } = argument;
const { context } = graph;
await graph.resume();
const both = new ChannelMergerNode(context, { numberOfInputs: 2 });
audio.toneNode(context, pitches[0], 0.25).connect(both, 0, 0);
audio.toneNode(context, pitches[1], 0.25).connect(both, 0, 1);
mixer.addInput(both);
await Promise.all(pitches.slice(2).map(async (hz, n) => {
  playback.set('r' + n, await audio.loopback(await audio.toneTrack(hz, 0.1)));
}));
const frames = {};
const running = await Promise.all(Object.entries(observers).map(([name, format]) => {
  const keep = (tap) => (frame, id = '') => (frames[name + ' ' + tap + id] ??= []).push(frame);
  return audio.startAudioDataObserver(ports, {
    sources: { captured: true, playback: true, mixed: true, player: true },
    format,
    handler: {
      onCapturedAudioData: keep('captured'), onPlaybackAudioData: keep('playback'),
      onMixedAudioData: keep('mixed'), onPlayerAudioData: keep('player '),
    },
  });
}));
const counting = [48000, 44100].map((rate) => count(rate));
// By what was heard, not by the clock: a busy machine needs longer.
await until(() => (frames['phone mixed']?.length ?? 0) >= seconds * 25);
for (const observer of running) observer.stop();
const counters = await Promise.all(counting);

async function count(rate) {
  const graph = new audio.AudioGraph({ createContext: () => new AudioContext({ sampleRate: rate }) });
  const mixer = new audio.ChannelMixer(graph);
  const counter = audio.counterNode(graph.context, seconds);
  mixer.addInput(counter);
  const got = [];
  const observer = await audio.startAudioDataObserver({ graph, mixer, playback: new audio.PlaybackTracks() }, {
    sources: { captured: true }, format: { sampleRate: rate, format: 'float32', frameMs: 10 },
    handler: { onCapturedAudioData: (frame) => got.push(frame) },
  });
  await graph.resume();
  counter.start();
  await new Promise((resolve) => { counter.onended = resolve; });
  observer.stop();
  await graph.close();
  const plane = audio.planeOf(got).filter((sample) => sample !== 0);
  let breaks = 0;
  for (let n = 1; n < plane.length; n++) if (plane[n] - plane[n - 1] !== 2 ** -23) breaks += 1;
  return { samples: plane.length, breaks };
}

const heard = {};
for (const [key, list] of Object.entries(frames)) {
  const format = observers[key.split(' ')[0]];
  const perFrame = format.sampleRate * format.frameMs / 1000;
  // The first three seconds are where remote streams come up.
  const steady = Array.from({ length: format.channels }, (_, c) =>
    audio.planeOf(list, c).subarray(format.sampleRate * 3, format.sampleRate * (seconds - 1)));
  heard[key] = {
    frames: list.length,
    faults: audio.faultsOf(list, perFrame),
    kind: list[0].data.constructor.name,
    levels: steady.map((plane) => audio.steadyLevelsDb(plane, format.sampleRate, pitches)),
    restDb: key.endsWith('captured')
      ? audio.restDb(steady[0], format.sampleRate, pitches.slice(0, format.channels === 1 ? 2 : 1)) : 0,
  };
}
const mixedErrors = {};
for (const name of Object.keys(observers)) {
  const [captured, played, mixed] = ['captured', 'playback', 'mixed'].map((tap) => audio.planeOf(frames[name + ' ' + tap]));
  mixedErrors[name] = mixed.reduce((most, sample, n) => Math.max(most, Math.abs(sample - captured[n] - played[n])), 0);
}
await graph.close();
return { heard, mixedErrors, counters };
`;

/** Two hangs of 300 ms: one that only computes, one that takes the lock of the graph again and again. */
const STALL = `${PORTS}
const { context } = graph;
await graph.resume();
const counter = audio.counterNode(context, 3);
mixer.addInput(counter);
const frames = [];
let cameMs, longestGapMs = 0;
const observer = await audio.startAudioDataObserver(ports, {
  sources: { captured: true }, format: { format: 'float32', frameMs: 10 },
  handler: { onCapturedAudioData: (frame) => {
    const nowMs = performance.now();
    if (cameMs !== undefined) longestGapMs = Math.max(longestGapMs, nowMs - cameMs);
    cameMs = nowMs;
    frames.push(frame);
  } },
});
const heardMore = (count) => {
  const before = frames.length;
  return until(() => frames.length >= before + count);
};
await heardMore(30);
const behindMs = () => performance.now() - context.currentTime * 1000;
const beforeMs = behindMs();
counter.start();
const hang = (work) => {
  for (const untilMs = performance.now() + 300; performance.now() < untilMs; ) work();
};
const hasEnded = new Promise((resolve) => { counter.onended = resolve; });
await heardMore(30);
hang(() => Math.sqrt(2));
// What was played during the hang comes first.
await heardMore(60);
hang(() => context.getOutputTimestamp());
await hasEnded;
const endedUs = performance.now() * 1000;
await until(() => frames.at(-1).timestampUs > endedUs);
observer.stop();
const stoodStillMs = behindMs() - beforeMs;
await graph.close();
const plane = audio.planeOf(frames).filter((sample) => sample !== 0);
let breaks = 0;
for (let n = 1; n < plane.length; n++) if (plane[n] - plane[n - 1] !== 2 ** -23) breaks += 1;
const toldMs = frames.reduce((sum, frame) => sum + frame.lostSamples, 0) / 48;
return { samples: plane.length, breaks, faults: audio.faultsOf(frames, 480), toldMs, stoodStillMs, longestGapMs };
`;

const SUSPEND = `${PORTS}
mixer.addInput(audio.toneNode(graph.context, 500, 0.25));
await graph.resume();
const [frames, states] = [[], []];
const observer = await audio.startAudioDataObserver(ports, {
  sources: { captured: true }, format: { sampleRate: 16000, frameMs: 10 },
  handler: { onCapturedAudioData: (frame) => frames.push(frame), onAudioDataStateUpdate: (state) => states.push(state) },
});
await until(() => frames.length >= 50);
await graph.context.suspend();
const from = performance.now();
await pass(600);
const pausedMs = performance.now() - from;
const before = frames.length;
await graph.resume();
// Told within two seconds of sound; a machine that starves the browser makes it tell of less before that.
const lost = () => frames.reduce((sum, frame) => sum + frame.lostSamples, 0) / 16;
await until(() => states.length >= 3 && (lost() > pausedMs / 2 || frames.length >= before + 200));
observer.stop();
const elapsedMs = performance.now() - frames[0].timestampUs / 1000;
await graph.close();
return { states, faults: audio.faultsOf(frames, 160), lostMs: lost(), pausedMs, heardMs: frames.length * 10, elapsedMs };
`;

const COME_AND_GO = `${PORTS}
await graph.resume();
const frames = [];
let throws = 0;
const observer = await audio.startAudioDataObserver(ports, {
  sources: { captured: true, player: true }, format: { sampleRate: 16000, frameMs: 10 },
  handler: {
    onCapturedAudioData: () => { throws += 1; throw new Error('of the application'); },
    onPlayerAudioData: (frame, streamId) => { if (streamId === 'late') frames.push(frame); },
  },
});
/** Waits until so many frames of the microphone have come: each throws. */
const capturedMore = (count) => {
  const before = throws;
  return until(() => throws >= before + count);
};
await capturedMore(20);
playback.set('late', await audio.toneTrack(1000, 0.1));
await until(() => frames.length >= 20);
const late = frames[0].sampleIndex;
playback.set('late', await audio.toneTrack(2000, 0.1));
const replacedAt = frames.length;
await until(() => frames.length >= replacedAt + 50);
const replacedDb = audio.levelsDb(audio.planeOf(frames.slice(-20)), 16000, [2000])[0];
playback.set('late', undefined);
const goneAt = frames.length;
await capturedMore(20);
const afterGone = frames.length - goneAt;
playback.set('late', await audio.toneTrack(1000, 0.1));
await until(() => frames.length >= goneAt + 5);
observer.stop();
const stoppedAt = frames.length;
const stoppedAtS = graph.context.currentTime;
await until(() => graph.context.currentTime > stoppedAtS + 0.1);
await graph.close();
return { late, afterGone, afterStop: frames.length - stoppedAt, replacedDb, throws };
`;

const BEFORE_PROCESSING = `${PORTS}
const off = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const processed = await navigator.mediaDevices.getUserMedia({ audio: true });
mixer.setCapture(processed.getAudioTracks()[0]);
let track;
const openUnprocessed = async () => {
  track = (await navigator.mediaDevices.getUserMedia({ audio: off })).getAudioTracks()[0];
  return track;
};
const frames = [];
const observer = await audio.startAudioDataObserver({ ...ports, openUnprocessed }, {
  sources: { beforeProcessing: true }, format: { format: 'float32' },
  handler: { onBeforeProcessingAudioData: (frame) => frames.push(frame) },
});
// The made-up microphone beeps once a second.
await until(() => frames.length >= 75);
const settings = track.getSettings();
observer.stop();
const isLive = track.readyState === 'live';
await graph.close();
const loudest = audio.planeOf(frames).reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-6);
return { levelDb: 20 * Math.log10(loudest), settings, isLive };
`;
