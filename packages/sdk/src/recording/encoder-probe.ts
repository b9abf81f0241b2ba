// What this browser can record, found out by encoding a real picture and real sound: some browsers say they can and
// then throw. Works in pages and workers; answers are kept as long as the page or worker lives.

import { AAC_PACKET_SAMPLES, AAC_RATE, type AacChoice, nativeAacConfig, WASM_AAC } from './aac-encoder.ts';
import { h264Name, h265Name, type PictureSettings } from './record-settings.ts';
import { canReadTracks } from './track-processor.ts';

/** How recordings are made in this browser. `media-recorder` has AAC only where the browser's own recorder has it. */
export type RecordingPath = 'native-aac' | 'wasm-aac' | 'media-recorder' | 'none';

/** What can be recorded here. */
export type RecordingSupport = {
  readonly mp4: boolean;
  readonly flv: boolean;
  readonly aac: boolean;
  readonly h265: boolean;
  readonly path: RecordingPath;
};

/** No encoder takes this long for one picture. */
const PROBE_TIMEOUT_MS = 3000;
const PROBE_PICTURE: PictureSettings = {
  width: 640,
  height: 360,
  codec: 'h264',
  framesPerSecond: 30,
  bitrateBps: 500_000,
  keyframeIntervalUs: 500_000,
};

let support: Promise<RecordingSupport> | undefined;
let aac: Promise<AacChoice | undefined> | undefined;
const pictures = new Map<string, Promise<VideoEncoderConfig | undefined>>();

/** Tells what can be recorded in this browser. Takes a moment the first time; never rejects. */
export function recordingSupport(): Promise<RecordingSupport> {
  support ??= findSupport().then((found) => {
    // An encoder may have been busy elsewhere: what is missing is looked for again.
    if (found.path === 'none' || found.path === 'media-recorder') support = undefined;
    return found;
  });
  return support;
}

/** The AAC encoder to use; `undefined` where there is none. */
export function chooseAac(): Promise<AacChoice | undefined> {
  aac ??= findAac();
  return aac;
}

/** The first configuration for such pictures that really encodes one; `undefined` where there is none. */
export function choosePictureEncoder(settings: PictureSettings): Promise<VideoEncoderConfig | undefined> {
  const { codec, width, height, framesPerSecond } = settings;
  const name = `${codec} ${width}x${height} ${framesPerSecond}`;
  const found = pictures.get(name) ?? findPictureEncoder(settings);
  pictures.set(name, found);
  return found.then((config) => {
    if (config === undefined) pictures.delete(name);
    return config === undefined ? undefined : { ...config, bitrate: settings.bitrateBps };
  });
}

/** The recorder of the browser itself, as far as it makes MP4; its name for the format. */
export function mediaRecorderFormat(kinds: { video: boolean; audio: boolean }): string | undefined {
  if (typeof MediaRecorder === 'undefined') return undefined;
  // `avc3`, because pictures may change their size; AAC where the browser has it.
  const sounds = kinds.audio ? [',mp4a.40.2', ',opus'] : [''];
  const names = kinds.video
    ? ['avc3.42E01F', 'avc1.42E01F'].flatMap((name) => sounds.map((sound) => `video/mp4;codecs=${name}${sound}`))
    : sounds.map((sound) => `audio/mp4;codecs=${sound.slice(1)}`);
  return [...names, kinds.video ? 'video/mp4' : 'audio/mp4'].find((name) => MediaRecorder.isTypeSupported(name));
}

async function findSupport(): Promise<RecordingSupport> {
  const none = { mp4: false, flv: false, aac: false, h265: false, path: 'none' } as const;
  if (typeof Worker === 'undefined' || typeof navigator?.storage?.getDirectory !== 'function') return none;
  const [sound, h264, h265] = await Promise.all([
    chooseAac(),
    choosePictureEncoder(PROBE_PICTURE),
    choosePictureEncoder({ ...PROBE_PICTURE, codec: 'h265' }),
  ]);
  if (sound !== undefined && h264 !== undefined && canReadTracks()) {
    const path = sound.kind === 'native' ? 'native-aac' : 'wasm-aac';
    return { mp4: true, flv: true, aac: true, h265: h265 !== undefined, path };
  }
  const hasRecorder = mediaRecorderFormat({ video: true, audio: true }) !== undefined;
  return hasRecorder ? { ...none, mp4: true, path: 'media-recorder' } : none;
}

async function findPictureEncoder(settings: PictureSettings): Promise<VideoEncoderConfig | undefined> {
  if (typeof VideoEncoder === 'undefined' || typeof OffscreenCanvas === 'undefined') return undefined;
  for (const config of pictureConfigs(settings)) {
    const { supported } = await VideoEncoder.isConfigSupported(config).catch(() => ({ supported: false }));
    if (supported === true && (await encodesPicture(config))) return config;
  }
  return undefined;
}

function pictureConfigs(settings: PictureSettings): VideoEncoderConfig[] {
  const { width, height, bitrateBps: bitrate, framesPerSecond: framerate } = settings;
  const base = { width, height, bitrate, framerate, latencyMode: 'realtime' } as const;
  if (settings.codec === 'h265') {
    return [{ ...base, codec: h265Name(settings), hevc: { format: 'hevc' } } as VideoEncoderConfig];
  }
  const baseline = { ...base, codec: h264Name(settings, 'constrained-baseline'), avc: { format: 'avc' } } as const;
  const high = { ...base, codec: h264Name(settings, 'high'), avc: { format: 'avc' } } as const;
  // High costs a software encoder more than it gains a recording; for hardware it is free.
  return [{ ...high, hardwareAcceleration: 'prefer-hardware' }, baseline, high];
}

async function encodesPicture(config: VideoEncoderConfig): Promise<boolean> {
  let chunks = 0;
  const encoder = new VideoEncoder({ output: () => chunks++, error: () => undefined });
  try {
    const canvas = new OffscreenCanvas(config.width, config.height);
    canvas.getContext('2d')?.fillRect(0, 0, config.width, config.height);
    encoder.configure(config);
    const frame = new VideoFrame(canvas, { timestamp: 0 });
    encoder.encode(frame, { keyFrame: true });
    frame.close();
    await withinTime(encoder.flush());
    return chunks > 0;
  } catch {
    return false;
  } finally {
    if (encoder.state !== 'closed') encoder.close();
  }
}

async function findAac(): Promise<AacChoice | undefined> {
  const primingSamples = await nativePriming().catch(() => undefined);
  if (primingSamples !== undefined) return { kind: 'native', primingSamples };
  return hasWebAssembly() ? WASM_AAC : undefined;
}

/** A site's policy can forbid it (`wasm-unsafe-eval`). */
function hasWebAssembly(): boolean {
  try {
    return new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

const CLICK_AT = 4 * AAC_PACKET_SAMPLES;
const PRIMING_BLOCK = 64;

/**
 * Samples the browser's own encoder puts before the first one, by encoding a click and looking where it is decoded;
 * `undefined` when it cannot do it.
 */
async function nativePriming(): Promise<number | undefined> {
  if (typeof AudioEncoder === 'undefined' || typeof AudioDecoder === 'undefined') return undefined;
  const config = nativeAacConfig(1, 64_000);
  if ((await AudioEncoder.isConfigSupported(config)).supported !== true) return undefined;
  const chunks: EncodedAudioChunk[] = [];
  const decoderConfigs: AudioDecoderConfig[] = [];
  const encoder = new AudioEncoder({
    output: (chunk, facts) => {
      chunks.push(chunk);
      if (facts?.decoderConfig !== undefined) decoderConfigs.push(facts.decoderConfig);
    },
    error: () => undefined,
  });
  encoder.configure(config);
  const data = new Float32Array(CLICK_AT * 2);
  data.fill(0.9, CLICK_AT, CLICK_AT + 8);
  const facts = { format: 'f32', sampleRate: AAC_RATE, numberOfChannels: 1, timestamp: 0 } as const;
  const sound = new AudioData({ ...facts, numberOfFrames: data.length, data });
  encoder.encode(sound);
  sound.close();
  await withinTime(encoder.flush()).finally(() => encoder.state !== 'closed' && encoder.close());
  const decoderConfig = decoderConfigs[0];
  if (decoderConfig === undefined) return undefined;
  const clickAt = loudestSample(await decoded(chunks, decoderConfig));
  if (clickAt < 0) return undefined;
  // A click comes out a few samples wide. Delays of encoders are whole blocks: 1024, 2048, 2112 (33 blocks).
  const priming = Math.round((clickAt - CLICK_AT) / PRIMING_BLOCK) * PRIMING_BLOCK;
  return priming >= 0 && priming <= CLICK_AT ? priming : undefined;
}

async function decoded(chunks: readonly EncodedAudioChunk[], config: AudioDecoderConfig): Promise<Float32Array[]> {
  const planes: Float32Array[] = [];
  const decoder = new AudioDecoder({
    output: (data) => {
      const plane = new Float32Array(data.numberOfFrames);
      data.copyTo(plane, { planeIndex: 0, format: 'f32-planar' });
      data.close();
      planes.push(plane);
    },
    error: () => undefined,
  });
  decoder.configure(config);
  for (const chunk of chunks) decoder.decode(chunk);
  await withinTime(decoder.flush()).finally(() => decoder.state !== 'closed' && decoder.close());
  return planes;
}

function loudestSample(planes: readonly Float32Array[]): number {
  let loudest = { at: -1, level: 0.1 };
  let at = 0;
  for (const plane of planes) {
    for (const sample of plane) {
      if (Math.abs(sample) > loudest.level) loudest = { at, level: Math.abs(sample) };
      at++;
    }
  }
  return loudest.at;
}

function withinTime<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The encoder does not answer')), PROBE_TIMEOUT_MS);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
