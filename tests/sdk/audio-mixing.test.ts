// What is mixed into a published stream is in its track, what only plays here is not; players do what they say.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { inOwnPage, openAudioPage } from './audio-page.ts';
import { servePageFolder } from './page-folder.ts';
import { openPartSite, type PartSite } from './part-site.ts';
import type { RunInPage } from './run-in-page.ts';

let site: PartSite;
let foreign: Awaited<ReturnType<typeof servePageFolder>>;
let browser: TestBrowser;
let run: RunInPage;
const runAlone = inOwnPage(
  () => site,
  () => browser,
);

beforeAll(async () => {
  [site, browser] = await Promise.all([openPartSite('audio'), launchBrowser()]);
  foreign = await servePageFolder(site.folder);
  const film = '-f lavfi -i testsrc=s=320x240:r=15:d=3 -f lavfi -i sine=1000:d=3 -shortest -pix_fmt yuv420p -c:a aac';
  await promisify(execFile)('ffmpeg', [...film.split(' '), join(site.folder, 'film.mp4')]);
  await writeFile(join(site.folder, 'broken.mp4'), 'this is no film');
  ({ run } = await openAudioPage(site, browser));
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await Promise.all([site?.close(), foreign?.close()]);
}, 30_000);

it.concurrent('has in the track of a channel what is mixed in, at its volume, and nothing that only plays here', async () => {
  const { isMicrophoneFirst, isMicrophoneLast, delays, levels } = await runAlone<Mixed>(MIX);

  expect(isMicrophoneFirst).toBe(true);
  const [microphone, player, effect, pulled, pushed, localPlayer, localEffect] = levels;
  expect(microphone).toBeCloseTo(-20, 0);
  expect(player).toBeCloseTo(-26, 0);
  expect(effect).toBeCloseTo(-20, 0);
  expect(pulled).toBeCloseTo(-14, 0);
  expect(pushed).toBeCloseTo(-20, 0);
  expect(localPlayer).toBeLessThan(-70);
  expect(localEffect).toBeLessThan(-70);
  expect(delays).toEqual([0, 11_000, 0]);
  expect(isMicrophoneLast).toBe(true);
});

type Mixed = {
  isMicrophoneFirst: boolean;
  isMicrophoneLast: boolean;
  delays: number[];
  levels: number[];
};

/** Pitches: microphone, player, effect, pulled PCM, pushed PCM; player and effect that are heard here only. */
const MIX = `
const pitches = [500, 800, 1100, 1400, 1700, 2000, 2300];
const graph = new audio.AudioGraph();
await graph.resume();
const mixer = new audio.ChannelMixer(graph);
const ports = { graph, mixerOf: () => mixer };
const microphone = await audio.toneTrack(pitches[0], 0.1);
mixer.setCapture(microphone);
const isMicrophoneFirst = mixer.audioTrack === microphone;
const delays = [mixer.audioDelayUs];
const wav = (hz) => audio.toneWav(hz, 0.1, 10);

const player = new audio.MediaPlayer(ports);
const localPlayer = new audio.MediaPlayer(ports);
player.enableAux(true);
await Promise.all([player.load(wav(pitches[1])), localPlayer.load(wav(pitches[5]))]);
player.setPlayVolume(0);
player.setPublishVolume(50);
const effects = new audio.AudioEffectPlayer(ports);
await Promise.all([effects.load(1, wav(pitches[2])), effects.load(2, wav(pitches[6]))]);
const pcm = (count, from, rate, hz) => Int16Array.from({ length: count },
  (_, n) => Math.round(3276.8 * Math.sin(2 * Math.PI * hz * (from + n) / rate)));
let at = 0;
const pulled = await audio.AudioMixing.start(ports, { sampleRate: 16000, channels: 1, publishVolume: 200,
  pull: (frames) => { at += frames; return pcm(frames, at - frames, 16000, pitches[3]); } });
const pushed = await audio.AudioMixing.start(ports, { sampleRate: 44100, channels: 1 });
pushed.push(pcm(44100 * 4, 0, 44100, pitches[4]));
await Promise.all([player.start(), localPlayer.start()]);
effects.start(1, { playCount: 0, isPublishOut: true });
effects.start(2, { playCount: 0 });
delays.push(mixer.audioDelayUs);

const plane = await audio.listen(mixer.audioTrack, 3);
const steady = plane.subarray(48000 / 2, 48000 * 2.5);
const levels = audio.levelsDb(steady, 48000, pitches);
for (const mixed of [pulled, pushed]) mixed.stop();
player.close();
effects.close();
delays.push(mixer.audioDelayUs);
const isMicrophoneLast = mixer.audioTrack === microphone;
await graph.close();
return { isMicrophoneFirst, isMicrophoneLast, delays, levels };
`;

it.concurrent('gives voice and accompaniment apart, in step as they would be mixed, and publishes the voice alone meanwhile', async () => {
  const seen = await runAlone<Apart>(APART);

  expect(seen.pairs).toBeGreaterThan(100);
  expect(seen.mismatches).toBe(0);
  expect(seen.faults).toEqual([]);
  // The voice's click comes so many samples after the accompaniment's in the mix; apart it is the same, to the sample.
  expect(seen.delayMixed).toBeGreaterThan(0);
  expect(seen.delayApart).toBe(seen.delayMixed);
  const [whileApart = [], afterwards = []] = seen.levels;
  expect(whileApart[0]).toBeGreaterThan(-22);
  expect(whileApart[1]).toBeLessThan(-70);
  expect(afterwards[1]).toBeGreaterThan(-22);
  expect(seen.isVoiceAlone).toBe(true);
});

type Apart = {
  pairs: number;
  mismatches: number;
  faults: string[];
  delayMixed: number;
  delayApart: number;
  /** Of what is published, while apart and afterwards: voice and accompaniment. */
  levels: number[][];
  isVoiceAlone: boolean;
};

/** One click is both: the accompaniment as a node, and the voice as a track, which is later by as long as a track takes. */
const APART = `
const graph = new audio.AudioGraph();
await graph.resume();
const { context } = graph;
const mixer = new audio.ChannelMixer(graph);
const buffer = new AudioBuffer({ length: 24000, sampleRate: 48000, numberOfChannels: 1 });
buffer.getChannelData(0)[0] = 0.5;
const click = new AudioBufferSourceNode(context, { buffer, loop: true });
const throughTrack = context.createMediaStreamDestination();
click.connect(throughTrack);
mixer.setCapture(throughTrack.stream.getAudioTracks()[0]);
const aux = mixer.addInput(click);
click.start();
const format = { format: 'float32', frameMs: 10 };
const ports = { graph, mixer, playback: new audio.PlaybackTracks() };
const mix = [];
const observer = await audio.startAudioDataObserver(ports, {
  sources: { captured: true }, format, handler: { onCapturedAudioData: (frame) => mix.push(frame) },
});
// The track's first sound is not its steady one.
await until(() => mix.length >= 150);
observer.stop();
mix.splice(0, 30);
const clicks = (frames) => [...audio.planeOf(frames)].flatMap((sample, n) => sample > 0.1 ? [n] : []);
const between = clicks(mix).map((at, n, all) => at - all[n - 1]).slice(1);
const delayMixed = Math.min(...between);

const [voices, auxes] = [[], []];
const apart = await audio.AlignedAux.start({ graph, mixer, format,
  handler: { onAlignedAudioAuxData: (aux, voice) => { voices.push(voice); auxes.push(aux); } } });
await until(() => auxes.length >= 120);
const delayApart = (clicks(voices).find((at) => at > clicks(auxes)[0]) - clicks(auxes)[0]);
const mismatches = auxes.filter((aux, n) => ['sampleIndex', 'timestampUs', 'lostSamples'].some((key) => aux[key] !== voices[n][key])
  || aux.data.length !== voices[n].data.length).length;
const faults = [...audio.faultsOf(auxes, 480), ...audio.faultsOf(voices, 480)];

aux.remove();
// A track of a peer connection is heard by what taps it, too.
mixer.setCapture(await audio.loopback(await audio.toneTrack(500, 0.1)));
mixer.addInput(audio.toneNode(context, 900, 0.1));
const isVoiceAlone = mixer.audioDelayUs === 0;
const heard = async () => audio.levelsDb((await audio.listen(mixer.audioTrack, 1)).subarray(12000), 48000, [500, 900]);
let levels = [await heard()];
for (let tries = 0; levels[0][0] < -22 && tries < 10; tries++) levels = [await heard()];
apart.stop();
apart.stop();
levels.push(await heard());
await graph.close();
return { pairs: auxes.length, mismatches, faults, delayMixed, delayApart, levels, isVoiceAlone };
`;

it.concurrent('plays a film with picture and sound, tells its state, seeks and repeats', async () => {
  const seen = await runAlone<Record<string, unknown>>(FILM);

  expect(seen).toMatchObject({ size: [320, 240], states: ['playing', 'paused', 'playing', 'play-ended', 'no-play'] });
  expect(seen.durationMs).toBeGreaterThan(2900);
  expect(seen.durationMs).toBeLessThan(3150);
  expect(seen.soughtMs).toBe(2000);
  expect(seen.positionAfterStopMs).toBe(0);
  expect(seen.toneDb).toBeGreaterThan(-22);
  expect(seen.progress).toBeGreaterThan(1);
  expect(seen.hasRepeated).toBe(true);
});

const FILM = `
const graph = new audio.AudioGraph();
const mixer = new audio.ChannelMixer(graph);
const view = document.createElement('video');
document.body.append(view);
const player = new audio.MediaPlayer({ graph, mixerOf: () => mixer }, { view, progressIntervalMs: 100 });
const states = [];
let progress = 0;
player.on('state', ({ state }) => states.push(state));
player.on('progress', () => { progress += 1; });
const become = (wanted) => new Promise((resolve) => {
  const off = player.on('state', ({ state }) => { if (state === wanted) { off(); resolve(); } });
});
await player.load('film.mp4');
const durationMs = player.durationMs;
await player.start();
player.enableAux(true);
const plane = await audio.listen(mixer.audioTrack, 1);
player.pause();
await player.seekTo(2000);
const soughtMs = player.positionMs;
const ended = become('play-ended');
await player.resume();
await ended;
player.stop();
const positionAfterStopMs = player.positionMs;
const seen = [...states];
player.enableRepeat(true);
await player.seekTo(2700);
const again = new Promise((resolve) => view.addEventListener('seeked', () => resolve(true), { once: true }));
await player.start();
const hasRepeated = await again;
const size = [view.videoWidth, view.videoHeight];
player.close();
await graph.close();
const toneDb = audio.levelsDb(plane.subarray(24000, 48000), 48000, [1000])[0];
return { durationMs, states: seen, progress, soughtMs, positionAfterStopMs, hasRepeated, size, toneDb };
`;

it.concurrent('tells how much pushed PCM waits, and that it ran out', async () => {
  const { waiting, underruns, refused } = await runAlone<{ waiting: number; underruns: number; refused: string }>(`
    const graph = new audio.AudioGraph();
    const mixer = new audio.ChannelMixer(graph);
    await graph.resume();
    const mixing = await audio.AudioMixing.start({ graph, mixerOf: () => mixer }, { sampleRate: 48000, channels: 2 });
    let refused = '';
    try { for (let n = 0; n < 9; n++) mixing.push(new Float32Array(96000)); } catch (error) { refused = error.code; }
    mixing.stop();
    const short = await audio.AudioMixing.start({ graph, mixerOf: () => mixer }, { sampleRate: 48000, channels: 1 });
    short.push(new Int16Array(9600));
    const waiting = short.bufferedMs;
    while (short.underruns === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const underruns = short.underruns;
    await graph.close();
    return { waiting, underruns, refused };`);

  expect(waiting).toBe(200);
  expect(underruns).toBe(1);
  expect(refused).toBe('WRONG_STATE');
});

it.concurrent('plays an effect as often as asked and tells when it ended', async () => {
  const { lasted, states } = await runAlone<{ lasted: number; states: string[] }>(`
    const graph = new audio.AudioGraph();
    await graph.resume();
    const mixer = new audio.ChannelMixer(graph);
    const effects = new audio.AudioEffectPlayer({ graph, mixerOf: () => mixer });
    await effects.load(7, audio.toneWav(900, 0.1, 0.2));
    const states = [];
    const ended = new Promise((resolve) => effects.on('state', ({ effectId, state }) => {
      states.push(effectId + ' ' + state);
      if (state === 'play-ended') resolve();
    }));
    const from = graph.context.currentTime;
    effects.start(7, { playCount: 3 });
    await ended;
    const lasted = graph.context.currentTime - from;
    effects.start(7);
    effects.stop(7);
    effects.close();
    await graph.close();
    return { lasted, states };`);

  expect(states).toEqual(['7 playing', '7 play-ended', '7 playing', '7 no-play']);
  expect(lasted).toBeGreaterThan(0.59);
});

it.each([
  ['missing.mp4', 'MEDIA_NOT_FOUND'],
  ['broken.mp4', 'MEDIA_NOT_PLAYABLE'],
  ['http://127.0.0.1:1/film.mp4', 'MEDIA_NOT_FOUND'],
  ['FOREIGN/film.mp4', 'MEDIA_CROSS_ORIGIN'],
])('says why %s does not play', async (address, code) => {
  const load = (player: string): Promise<unknown> =>
    run(
      `const graph = new audio.AudioGraph();
       const ports = { graph, mixerOf: () => new audio.ChannelMixer(graph) };
       try { await ${player} } finally { await graph.close(); }`,
      address.replace('FOREIGN', foreign.url),
    );

  await expect(load('new audio.MediaPlayer(ports).load(argument)')).rejects.toThrow(code);
  await expect(load('new audio.AudioEffectPlayer(ports).load(1, argument)')).rejects.toThrow(code);
});

it.each([
  ['new audio.MediaPlayer(ports).start()', 'WRONG_STATE'],
  ['new audio.MediaPlayer(ports).seekTo(1)', 'WRONG_STATE'],
  ['new audio.MediaPlayer(ports, { progressIntervalMs: 0 })', 'INVALID_ARGUMENT'],
  ['new audio.MediaPlayer(ports).setVolume(201)', 'INVALID_ARGUMENT'],
  ['const p = new audio.MediaPlayer(ports); p.close(); p.close(); await p.load("film.mp4")', 'WRONG_STATE'],
  ['const p = new audio.MediaPlayer(ports); const a = p.load("film.mp4"); p.load("film.mp4"); await a', 'CANCELLED'],
  ['const p = new audio.MediaPlayer(ports); const a = p.load("film.mp4"); p.close(); await a', 'CANCELLED'],
  ['const p = new audio.MediaPlayer(ports); await p.load("film.mp4"); await p.seekTo(-1)', 'INVALID_ARGUMENT'],
  ['new audio.AudioEffectPlayer(ports).start(1)', 'WRONG_STATE'],
  ['new audio.AudioEffectPlayer(ports).load(0.5, "film.mp4")', 'INVALID_ARGUMENT'],
  ['audio.AudioMixing.start(ports, { sampleRate: 7999, channels: 1 })', 'INVALID_ARGUMENT'],
  ['audio.AudioMixing.start(ports, { sampleRate: 16000, channels: 3 })', 'INVALID_ARGUMENT'],
  ['(await audio.AudioMixing.start(ports, { sampleRate: 16000, channels: 2 })).push([1])', 'INVALID_ARGUMENT'],
  [
    'const m = await audio.AudioMixing.start(ports, { sampleRate: 8000, channels: 1 }); m.stop(); m.stop(); m.push(new Int16Array(2))',
    'WRONG_STATE',
  ],
])('refuses %s', async (calls, code) => {
  const body = calls.includes(';') ? calls : `await ${calls}`;
  const refused = run(`const graph = new audio.AudioGraph();
    const mixer = new audio.ChannelMixer(graph);
    const ports = { graph, mixerOf: () => mixer };
    try { ${body} } finally { await graph.close(); }`);

  await expect(refused).rejects.toThrow(code);
});
