// Raw audio: five taps at once (captured, playback, mixed, two played streams) at 48 kHz stereo in frames of 10 ms.
// What they cost, whether a frame is lost, and whether what comes out is the tone that went in, sample by sample.

import { type Goal, printTable, rounded, say } from '../benchmark.ts';
import { BenchServer, sleep } from '../server-process.ts';
import type { LocalPart, LocalPlan, PartResult } from './local-part.ts';
import type { MeasuredBrowser } from './measured-browser.ts';

const SECONDS = 60;
const SECONDS_QUICK = 5;
const BASE_SECONDS = 10;
const BASE_SECONDS_QUICK = 4;
const SETTLE_MS = 3_000;
const ROOM = 'raw';
const STREAMS = ['tone-a', 'tone-b'] as const;
const CPU_GOAL_POINTS = 8;
const TAPS = 5;

/** What the page counted of one tap. */
type TapCount = {
  readonly frames: number;
  /** Frames that the time from the first to the last would hold. */
  readonly expected: number;
  readonly lostSamples: number;
  /** Frames that say that they do not follow, or whose numbers do not. */
  readonly breaks: number;
  readonly worstGapMs: number;
  /** Samples that are not what they were one period before; only of the captured tone. */
  readonly wrongSamples?: number;
};

/** The part. */
export const rawPart: LocalPart = { name: 'raw', run };

async function run(plan: LocalPlan): Promise<PartResult> {
  const server = await BenchServer.start();
  const [sender, receiver] = [await plan.stage.launch(), await plan.stage.launch()];
  try {
    const login = async (userId: string): Promise<object> => {
      const { token } = await server.client.rooms.createToken(ROOM, { userId });
      return { server: server.url, room: ROOM, token, userId, streams: STREAMS };
    };
    const sending = await plan.stage.openPage(sender);
    await sending.run(SEND, await login('sender'));
    const page = await plan.stage.openPage(receiver);
    await page.run(PLAY, await login('receiver'));
    await sleep(SETTLE_MS);
    const base = await cpuPoints(receiver, plan.isQuick ? BASE_SECONDS_QUICK : BASE_SECONDS);
    await page.run(TAP);
    await sleep(SETTLE_MS);
    await page.run('raw.reset();');
    const seconds = plan.isQuick ? SECONDS_QUICK : SECONDS;
    const tapped = await cpuPoints(receiver, seconds);
    const taps = await page.run<Record<string, TapCount>>('return raw.counts();');
    return report(taps, { seconds, base, tapped });
  } finally {
    await sender.close();
    await receiver.close();
    await server.stop();
  }
}

async function cpuPoints(browser: MeasuredBrowser, seconds: number): Promise<number> {
  const [before, beganMs] = [await browser.usage(), performance.now()];
  await sleep(seconds * 1_000);
  const after = await browser.usage();
  return ((after.cpuSeconds - before.cpuSeconds) * 100_000) / (performance.now() - beganMs);
}

type Cpu = { readonly seconds: number; readonly base: number; readonly tapped: number };

function report(taps: Readonly<Record<string, TapCount>>, { seconds, base, tapped }: Cpu): PartResult {
  printTable(
    ['tap', 'frames', 'of', 'lost samples', 'breaks', 'worst gap ms', 'wrong samples'],
    Object.entries(taps).map(([name, tap]) => [
      ...[name, tap.frames, tap.expected, tap.lostSamples, tap.breaks, rounded(tap.worstGapMs)],
      tap.wrongSamples ?? '-',
    ]),
  );
  const points = rounded(tapped - base, 1);
  say(`${rounded(base, 1)} % of a core with two streams played, ${rounded(tapped, 1)} % with the taps`);
  const all = Object.values(taps);
  const lost = all.reduce((sum, { frames, expected }) => sum + Math.max(0, expected - frames), 0);
  const breaks = all.reduce((sum, tap) => sum + tap.breaks, 0);
  const wrong = taps.captured?.wrongSamples ?? Number.NaN;
  const goals: Goal[] = [
    {
      text: `${all.length} taps cost ${points} points of a core (goal at most ${CPU_GOAL_POINTS})`,
      isMet: all.length === TAPS && points <= CPU_GOAL_POINTS,
    },
    { text: `raw frames lost in ${seconds} s: ${lost}, breaks ${breaks} (goal 0)`, isMet: lost === 0 && breaks === 0 },
    { text: `samples of the captured tone that are wrong: ${wrong} (goal 0)`, isMet: wrong === 0 },
  ];
  return { figures: { seconds, basePoints: rounded(base, 1), tapPoints: points, taps }, goals };
}

/** Two streams of sound, each a tone of its own. */
const SEND = `
  const engine = roomtape.createEngine({ server: argument.server });
  await engine.loginRoom(argument.room, { token: argument.token, userId: argument.userId, userName: 'Sender' });
  const audio = new AudioContext({ sampleRate: 48000 });
  await audio.resume();
  for (const [index, streamId] of argument.streams.entries()) {
    const channel = ['main', 'aux'][index];
    const output = new MediaStreamAudioDestinationNode(audio);
    const tone = new OscillatorNode(audio, { frequency: 600 + 300 * index });
    tone.connect(new GainNode(audio, { gain: 0.2 })).connect(output);
    tone.start();
    await engine.startPreview({ channel, source: { kind: 'custom', mediaStream: output.stream } });
    await engine.startPublishingStream(streamId, { channel });
  }
`;

/** A captured tone whose period is 100 samples, and both streams played. */
const PLAY = `
  const engine = roomtape.createEngine({ server: argument.server });
  await engine.loginRoom(argument.room, { token: argument.token, userId: argument.userId, userName: 'Receiver' });
  const audio = new AudioContext({ sampleRate: 48000 });
  await audio.resume();
  const output = new MediaStreamAudioDestinationNode(audio);
  const tone = new OscillatorNode(audio, { frequency: 480 });
  tone.connect(new GainNode(audio, { gain: 0.5 })).connect(output);
  tone.start();
  await engine.startPreview({ source: { kind: 'custom', mediaStream: output.stream } });
  for (const streamId of argument.streams) {
    const element = document.createElement('audio');
    document.body.append(element);
    await engine.startPlayingStream(streamId, { video: element });
  }
  globalThis.raw = { engine };
`;

/** All taps, counted as they come; samples are compared with those of one period before. */
const TAP = `
  const period = 100;
  let taps = {};
  const take = (name, frame) => {
    const nowMs = performance.now();
    const tap = (taps[name] ??= { frames: 0, lostSamples: 0, breaks: 0, worstGapMs: 0, firstUs: frame.timestampUs, wrongSamples: 0 });
    const samples = frame.data.length / frame.channels;
    const isNext = tap.nextIndex === undefined || (frame.isContinuous && frame.sampleIndex === tap.nextIndex);
    if (!isNext) tap.breaks++;
    tap.frames++;
    tap.lostSamples += frame.lostSamples;
    tap.worstGapMs = Math.max(tap.worstGapMs, tap.cameMs === undefined ? 0 : nowMs - tap.cameMs);
    tap.cameMs = nowMs;
    tap.nextIndex = frame.sampleIndex + samples;
    tap.lastUs = frame.timestampUs;
    if (name !== 'captured') return;
    // Cheaply: what checking costs would count as the taps'.
    const { data, channels } = frame;
    if (tap.tail === undefined) tap.tail = new Int16Array(period);
    else for (let i = 0; i < period; i++) if (Math.abs(data[i * channels] - tap.tail[i]) > 40) tap.wrongSamples++;
    for (let i = period; i < samples; i++) {
      if (Math.abs(data[i * channels] - data[(i - period) * channels]) > 40) tap.wrongSamples++;
    }
    for (let i = 0; i < period; i++) tap.tail[i] = data[(samples - period + i) * channels];
  };
  raw.engine.setAudioDataHandler({
    onCapturedAudioData: (frame) => take('captured', frame),
    onPlaybackAudioData: (frame) => take('playback', frame),
    onMixedAudioData: (frame) => take('mixed', frame),
    onPlayerAudioData: (frame, streamId) => take('player ' + streamId, frame),
  });
  raw.reset = () => { taps = {}; };
  raw.counts = () => Object.fromEntries(Object.entries(taps).map(([name, tap]) => {
    const { frames, lostSamples, breaks, worstGapMs, wrongSamples } = tap;
    const expected = Math.round((tap.lastUs - tap.firstUs) / 10_000) + 1;
    return [name, { frames, expected, lostSamples, breaks, worstGapMs, ...(name === 'captured' ? { wrongSamples } : {}) }];
  }));
  await raw.engine.startAudioDataObserver(
    { captured: true, playback: true, mixed: true, player: true },
    { sampleRate: 48000, channels: 2, frameMs: 10 },
  );
`;
