// The scenarios of the behaviour tests as they run in a page, each with what it hands back. Every one has an engine and
// a source of its own, so that all play at once.

/** What of a scenario's recordings was told, in order. */
export type OverwriteOutcome = {
  readonly states: readonly string[];
  readonly kept: readonly string[];
  readonly keptBytes: number;
  readonly secondBytes: number;
  readonly refusal: { readonly thrown: string; readonly told: string };
  readonly renamed: string;
  /** Every finished recording of the page at the end of this scenario. */
  readonly all: readonly string[];
};

/** What was refused; and H.265 asked for with H.264 in its place: what was told of each file, every file there is. */
export type PathsOutcome = {
  readonly found: readonly RefusedPath[];
  readonly codec: { readonly told: readonly string[]; readonly all: readonly string[] };
};

/** A configuration that cannot be recorded, and what came of it. */
export type RefusedPath = {
  readonly what: string;
  readonly thrown: string;
  readonly told: string | null;
  readonly state: string | null;
};

/** When the picture turned, on the clock of the page. */
export type TurnedOutcome = { readonly states: readonly string[] };

/** What the media player made of the recording. */
export type MixedOutcome = {
  readonly played: { readonly playedMs: number; readonly positionMs: number };
};

/** Voice and accompaniment apart: how many pairs of frames, what is in them, and whether they belong together. */
export type AlignedOutcome = {
  readonly pairs: number;
  /** What still came after it was switched off. */
  readonly pairsAfterwards: number;
  readonly mismatches: number;
  /** Of the voice and of the accompaniment: its own pitch and the other's, amplitude. */
  readonly levels: Readonly<Record<'voice' | 'aux', { readonly own: number; readonly other: number }>>;
};

/** What two channels told. */
export type ChannelsOutcome = {
  readonly states: readonly string[];
  readonly progress: Readonly<Record<string, number>>;
  readonly last: Readonly<Record<string, number>>;
};

/** A recording with a pause. `recordedMs`: from start to stop without the pause. */
export type PausedOutcome = { readonly states: readonly string[]; readonly recordedMs: number };

/** A recording whose tracks ended. */
export type UnpluggedOutcome = { readonly told: readonly string[]; readonly recordedMs: number };

/** Configurations that must be refused. */
export const BAD_CONFIGS: readonly { what: string; config: Readonly<Record<string, unknown>>; code: string }[] = [
  { what: 'a directory', config: { filePath: 'lessons/' }, code: 'RECORD_PATH_INVALID' },
  { what: 'an empty path', config: { filePath: '' }, code: 'RECORD_PATH_INVALID' },
  { what: 'a path out of the storage', config: { filePath: '../x.mp4' }, code: 'RECORD_PATH_INVALID' },
  { what: 'a path of 1024 bytes', config: { filePath: `${'ü'.repeat(510)}.mp4` }, code: 'RECORD_PATH_TOO_LONG' },
  { what: 'another suffix', config: { filePath: 'x.mkv' }, code: 'RECORD_SUFFIX_NOT_SUPPORTED' },
  { what: 'no suffix', config: { filePath: 'lesson' }, code: 'RECORD_SUFFIX_NOT_SUPPORTED' },
  { what: 'H.265 in .aac', config: { filePath: 'x.aac', videoCodec: 'h265' }, code: 'RECORD_CODEC_NOT_ALLOWED' },
  { what: 'only video in .aac', config: { filePath: 'x.aac', recordType: 'only-video' }, code: 'INVALID_ARGUMENT' },
];

/** Pitches of everything that sounds in the mixing scenario, Hz. */
export const TONES = {
  captured: 700,
  playerMixed: 1100,
  playerOnlyHere: 1300,
  effectMixed: 1700,
  effectOnlyHere: 1900,
  pcmMixed: 2300,
} as const;

/** Runs before every scenario: an engine that keeps what it is told, a source, and a way to send films. */
export const SCENE = `
  const engine = roomtape.createEngine({ server: 'http://127.0.0.1:9' });
  const told = [];
  const progress = [];
  engine.setDataRecordEventHandler({
    onCapturedDataRecordStateUpdate: ({ state, error, config }, channel) =>
      told.push({ state, code: error?.code, filePath: config.filePath, channel, atMs: performance.now() }),
    onCapturedDataRecordProgressUpdate: (figures, config, channel) => progress.push({ ...figures, channel }),
  });
  const statesOf = (filePath) => told.filter((one) => one.filePath === filePath).map(({ state }) => state);
  const { pause } = engineRecorder;
  const openSource = async (options = {}) => knownSource.openGenerator({ width: 320, height: 180, ...options });
  const preview = (stream, channel = 'main') =>
    engine.startPreview({ channel, source: { kind: 'custom', mediaStream: stream } });
  const recordFor = async (ms, config, channel) => {
    await engine.startRecordingCapturedData(config, channel);
    await pause(ms);
    return engine.stopRecordingCapturedData(channel);
  };
  const send = (name, file) => sendFilm(argument.url, name, file);
  const wave = (hertz, seconds) => {
    const samples = Int16Array.from({ length: seconds * 48000 }, (_, i) => 4915 * Math.sin((2 * Math.PI * hertz * i) / 48000));
    const header = new DataView(new ArrayBuffer(44));
    const text = (at, word) => [...word].forEach((letter, i) => header.setUint8(at + i, letter.charCodeAt(0)));
    text(0, 'RIFF'); header.setUint32(4, 36 + samples.byteLength, true); text(8, 'WAVEfmt ');
    header.setUint32(16, 16, true); header.setUint16(20, 1, true); header.setUint16(22, 1, true);
    header.setUint32(24, 48000, true); header.setUint32(28, 96000, true); header.setUint16(32, 2, true);
    header.setUint16(34, 16, true); text(36, 'data'); header.setUint32(40, samples.byteLength, true);
    return new Blob([header, samples], { type: 'audio/wav' });
  };
  const voice = async (hertz) => {
    const audio = new AudioContext({ sampleRate: 48000 });
    await audio.resume();
    const output = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
    const oscillator = new OscillatorNode(audio, { frequency: hertz });
    oscillator.connect(new GainNode(audio, { gain: 0.15 })).connect(output);
    oscillator.start();
    return { stream: output.stream, closeVoice: () => audio.close() };
  };
`;

/** The same path twice, then refused, then under another name. */
export const OVERWRITE = `
  const source = await openSource();
  await preview(source.stream);
  await pause(300);
  await send('first.mp4', await recordFor(1200, { filePath: 'same.mp4' }));
  const second = await recordFor(900, { filePath: 'same.mp4' });
  await send('second.mp4', second);
  const states = statesOf('same.mp4');
  const kept = (await engine.listRecordings()).filter(({ filePath }) => filePath.startsWith('same'));
  let thrown = '';
  await recordFor(300, { filePath: 'same.mp4', ifExists: 'fail' }).catch((error) => { thrown = error.code; });
  const renamed = await recordFor(600, { filePath: 'same.mp4', ifExists: 'rename' });
  const all = (await engine.listRecordings()).map(({ filePath }) => filePath);
  await source.close();
  return {
    states, kept: kept.map(({ filePath }) => filePath), keptBytes: kept[0]?.bytes, secondBytes: second.size,
    refusal: { thrown, told: told.find(({ code }) => code !== undefined)?.code ?? '' }, renamed: renamed.name, all,
  };
`;

/**
 * What is wrong with a path or codec; H.265 where nothing can encode it; a channel that captures nothing. Then H.265
 * that may be H.264, in both containers that hold either.
 */
export const PATHS = `
  const source = await openSource();
  await preview(source.stream);
  const bad = ${JSON.stringify(BAD_CONFIGS)};
  const h265 = ['mp4', 'flv'].map((suffix) => (
    { what: 'H.265 in .' + suffix, config: { filePath: 'h265.' + suffix, videoCodec: 'h265' } }));
  const found = [];
  for (const { what, config } of [...bad, ...h265]) {
    const before = told.length;
    let thrown = 'nothing';
    await engine.startRecordingCapturedData(config).catch((error) => { thrown = error.code; });
    const last = told.length > before ? told.at(-1) : undefined;
    found.push({ what, thrown, told: last?.code ?? null, state: last?.state ?? null });
  }
  let thrown = 'nothing';
  await engine.startRecordingCapturedData({ filePath: 'x.mp4' }, 'fourth').catch((error) => { thrown = error.code; });
  found.push({ what: 'no preview', thrown, told: told.at(-1)?.code ?? null, state: told.at(-1)?.state ?? null });
  const from = told.length;
  for (const filePath of ['codec.mp4', 'codec.flv']) {
    await send(filePath, await recordFor(900, { filePath, videoCodec: 'h265', ifH265Missing: 'h264' }));
  }
  await source.close();
  const all = (await engine.listRecordings()).map(({ filePath }) => filePath);
  const codec = {
    told: told.slice(from).map(({ filePath, state, code }) => [filePath, state, code].filter(Boolean).join(' ')),
    all: all.filter((path) => path.startsWith('codec')),
  };
  return { found, codec };
`;

/** Landscape, then portrait, then landscape of twice the size. */
export const TURNED = `
  const source = await openSource({ width: 640, height: 360 });
  await preview(source.stream, 'main');
  await preview(source.stream, 'aux');
  await pause(300);
  const films = { main: 'turned.mp4', aux: 'turned.flv' };
  await Promise.all(Object.entries(films).map(([channel, filePath]) => engine.startRecordingCapturedData({ filePath }, channel)));
  await pause(1300);
  await source.resize(360, 640);
  await pause(1300);
  await source.resize(1280, 720);
  await pause(900);
  for (const [channel, filePath] of Object.entries(films)) {
    await send(filePath, await engine.stopRecordingCapturedData(channel));
  }
  await source.close();
  return { states: told.map(({ state }) => state) };
`;

/** One captured tone, five that are played; then the film is played by the media player. */
export const MIXED = `
  const tones = ${JSON.stringify(TONES)};
  const source = await openSource({ isSilent: true });
  const { stream: sung, closeVoice } = await voice(tones.captured);
  const stream = new MediaStream([...source.stream.getVideoTracks(), ...sung.getTracks()]);
  await preview(stream, 'main');
  await preview(stream, 'aux');
  for (const [hertz, isMixed] of [[tones.playerMixed, true], [tones.playerOnlyHere, false]]) {
    const player = engine.createMediaPlayer();
    await player.load(wave(hertz, 20));
    player.enableAux(isMixed);
    await player.start();
  }
  const effects = engine.createAudioEffectPlayer();
  await effects.load(1, wave(tones.effectMixed, 1));
  await effects.load(2, wave(tones.effectOnlyHere, 1));
  effects.start(1, { playCount: 0, isPublishOut: true });
  effects.start(2, { playCount: 0 });
  let at = 0;
  await engine.enableAudioMixing({
    sampleRate: 16000,
    channels: 1,
    pull: (frames) => Float32Array.from({ length: frames }, () => 0.15 * Math.sin((2 * Math.PI * tones.pcmMixed * at++) / 16000)),
  });
  await pause(700);
  const films = { main: 'mixed.mp4', aux: 'unmixed.mp4' };
  await Promise.all(Object.entries(films).map(([channel, filePath]) => engine.startRecordingCapturedData({ filePath }, channel)));
  await pause(2000);
  const [mixed, unmixed] = await Promise.all(['main', 'aux'].map((channel) => engine.stopRecordingCapturedData(channel)));
  await send('mixed.mp4', mixed);
  await send('unmixed.mp4', unmixed);
  const replay = engine.createMediaPlayer();
  await replay.load(mixed);
  await replay.start();
  await pause(800);
  const played = { playedMs: replay.durationMs, positionMs: replay.positionMs };
  await engine.destroy();
  await source.close();
  await closeVoice();
  return { played };
`;

/** A voice, and a player that is mixed in, taken apart while the channel is recorded and not published. */
export const ALIGNED = `
  const tones = ${JSON.stringify(TONES)};
  const { stream, closeVoice } = await voice(tones.captured);
  await preview(stream);
  const player = engine.createMediaPlayer();
  await player.load(wave(tones.playerMixed, 20));
  player.enableAux(true);
  await player.start();
  const pairs = [];
  engine.setAudioDataHandler({ onAlignedAudioAuxData: (aux, voice) => pairs.push({ aux, voice }) });
  await engine.enableAlignedAudioAuxData(true, { sampleRate: 16000, channels: 1, frameMs: 20, format: 'float32' });
  await pause(300);
  await send('voice.aac', await recordFor(1000, { filePath: 'voice.aac' }));
  await engine.enableAlignedAudioAuxData(false);
  const count = pairs.length;
  await send('both.aac', await recordFor(800, { filePath: 'both.aac' }));
  const mismatches = pairs.filter(({ aux, voice }) =>
    ['sampleIndex', 'timestampUs', 'lostSamples'].some((key) => aux[key] !== voice[key]) || aux.data.length !== voice.data.length).length;
  const levelOf = (name, hertz) => {
    let [real, imaginary, length] = [0, 0, 0];
    for (const { [name]: { data, sampleIndex } } of pairs.slice(20)) {
      data.forEach((sample, n) => {
        const angle = (2 * Math.PI * hertz * (sampleIndex + n)) / 16000;
        real += sample * Math.cos(angle); imaginary += sample * Math.sin(angle); length++;
      });
    }
    return (2 * Math.hypot(real, imaginary)) / length;
  };
  await engine.destroy();
  await closeVoice();
  return {
    pairs: count, pairsAfterwards: pairs.length - count, mismatches,
    levels: {
      voice: { own: levelOf('voice', tones.captured), other: levelOf('voice', tones.playerMixed) },
      aux: { own: levelOf('aux', tones.playerMixed), other: levelOf('aux', tones.captured) },
    },
  };
`;

/** Two channels whose recordings overlap. */
export const CHANNELS = `
  const source = await openSource();
  await preview(source.stream, 'main');
  await preview(source.stream, 'aux');
  await pause(300);
  await engine.startRecordingCapturedData({ filePath: 'main.mp4', progressIntervalMs: 200 }, 'main');
  await pause(800);
  await engine.startRecordingCapturedData({ filePath: 'aux.flv', progressIntervalMs: 200 }, 'aux');
  await pause(1200);
  await send('main.mp4', await engine.stopRecordingCapturedData('main'));
  await pause(800);
  await send('aux.flv', await engine.stopRecordingCapturedData('aux'));
  await source.close();
  const count = (channel) => progress.filter((one) => one.channel === channel).length;
  return {
    states: told.map(({ channel, state }) => channel + ' ' + state),
    progress: { main: count('main'), aux: count('aux') },
    last: progress.at(-1),
  };
`;

/** A pause of a second and a half in the middle. */
export const PAUSED = `
  const source = await openSource();
  await preview(source.stream);
  await pause(300);
  await engine.startRecordingCapturedData({ filePath: 'paused.mp4' });
  const startedAtMs = told.at(-1).atMs;
  await pause(1700);
  const pausedAtMs = performance.now();
  await engine.pauseRecordingCapturedData();
  await pause(1500);
  const resumedAtMs = performance.now();
  await engine.resumeRecordingCapturedData();
  await pause(1700);
  const stoppedAtMs = performance.now();
  await send('paused.mp4', await engine.stopRecordingCapturedData());
  await source.close();
  return { states: told.map(({ state }) => state), recordedMs: stoppedAtMs - startedAtMs - (resumedAtMs - pausedAtMs) };
`;

/** Both tracks end in the middle. */
export const UNPLUGGED = `
  const source = await openSource();
  await preview(source.stream);
  await pause(300);
  await engine.startRecordingCapturedData({ filePath: 'unplugged.mp4' });
  const startedAtMs = told.at(-1).atMs;
  await pause(1200);
  await source.unplug();
  await pause(1500);
  const stoppedAtMs = performance.now();
  await send('unplugged.mp4', await engine.stopRecordingCapturedData());
  await source.close();
  return { told: told.map(({ state, code }) => state + ' ' + code), recordedMs: stoppedAtMs - startedAtMs };
`;
