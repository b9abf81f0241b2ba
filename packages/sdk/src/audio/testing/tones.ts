// Sources of known tones in a page, and what tells which tones are in samples.

type Frame = {
  readonly data: Int16Array | Float32Array;
  readonly sampleRate: number;
  readonly channels: number;
  readonly timestampUs: number;
  readonly sampleIndex: number;
  readonly isContinuous: boolean;
  readonly lostSamples: number;
};

/** A tone that plays until the context ends. */
export function toneNode(context: BaseAudioContext, hz: number, amplitude: number): AudioNode {
  const gain = new GainNode(context, { gain: amplitude });
  const tone = new OscillatorNode(context, { frequency: hz });
  tone.connect(gain);
  tone.start();
  return gain;
}

/** A track of a tone, made in a context of its own, as a microphone is. */
export async function toneTrack(hz: number, amplitude: number): Promise<MediaStreamTrack> {
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.resume();
  const destination = context.createMediaStreamDestination();
  toneNode(context, hz, amplitude).connect(destination);
  return destination.stream.getAudioTracks()[0] as MediaStreamTrack;
}

/** Sends a track through a peer connection inside the page: what comes out is as remote as a track can be. */
export async function loopback(track: MediaStreamTrack): Promise<MediaStreamTrack> {
  const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()];
  from.onicecandidate = ({ candidate }) => void to.addIceCandidate(candidate ?? undefined);
  to.onicecandidate = ({ candidate }) => void from.addIceCandidate(candidate ?? undefined);
  const arrived = new Promise<MediaStreamTrack>((resolve) => {
    to.ontrack = (event) => resolve(event.track);
  });
  from.addTrack(track, new MediaStream([track]));
  await from.setLocalDescription();
  await to.setRemoteDescription(from.localDescription as RTCSessionDescription);
  await to.setLocalDescription();
  await from.setRemoteDescription(to.localDescription as RTCSessionDescription);
  return await arrived;
}

/** A buffer source whose every sample is one 2^-23 more than the one before: a lost or doubled sample shows. */
export function counterNode(context: BaseAudioContext, seconds: number): AudioBufferSourceNode {
  const length = Math.round(seconds * context.sampleRate);
  const buffer = new AudioBuffer({ length, sampleRate: context.sampleRate, numberOfChannels: 1 });
  const plane = buffer.getChannelData(0);
  for (let n = 0; n < length; n++) plane[n] = (n + 1) * 2 ** -23;
  return new AudioBufferSourceNode(context, { buffer });
}

/** What is wrong with a series of frames; nothing if they follow each other without a gap and are all alike. */
export function faultsOf(frames: readonly Frame[], samplesPerFrame: number): string[] {
  const faults: string[] = [];
  frames.forEach((frame, n) => {
    const before = frames[n - 1];
    if (frame.data.length !== samplesPerFrame * frame.channels) faults.push(`frame ${n} has ${frame.data.length}`);
    if (before === undefined) return;
    const counted = before.sampleIndex + samplesPerFrame + frame.lostSamples;
    if (frame.sampleIndex !== counted) faults.push(`frame ${n} is at ${frame.sampleIndex}, not ${counted}`);
    if (frame.isContinuous !== (frame.lostSamples === 0)) faults.push(`frame ${n} contradicts itself`);
    const lastedUs = ((frame.sampleIndex - before.sampleIndex) * 1e6) / frame.sampleRate;
    if (Math.abs(frame.timestampUs - before.timestampUs - lastedUs) > 1.01) faults.push(`frame ${n} jumps in time`);
  });
  return faults;
}

/** One channel of frames, full scale ±1. */
export function planeOf(frames: readonly Frame[], channel = 0): Float32Array {
  const total = frames.reduce((sum, frame) => sum + frame.data.length / frame.channels, 0);
  const plane = new Float32Array(total);
  let to = 0;
  for (const { data, channels } of frames) {
    const scale = data instanceof Int16Array ? 1 / 32_767 : 1;
    for (let n = channel; n < data.length; n += channels) plane[to++] = (data[n] ?? 0) * scale;
  }
  return plane;
}

/** The amplitude of each pitch, dB of full scale, over the whole of the samples (Hann window). */
export function levelsDb(plane: Float32Array, rate: number, pitches: readonly number[]): number[] {
  return pitches.map((hz) => {
    let [real, imaginary, weight] = [0, 0, 0];
    for (let n = 0; n < plane.length; n++) {
      const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / plane.length);
      const sample = (plane[n] ?? 0) * window;
      real += sample * Math.cos((2 * Math.PI * hz * n) / rate);
      imaginary += sample * Math.sin((2 * Math.PI * hz * n) / rate);
      weight += window;
    }
    return Math.max(-120, 20 * Math.log10((2 * Math.hypot(real, imaginary)) / weight));
  });
}

/**
 * The level of each pitch in most quarters of a second, dB: over the whole, where a busy machine makes the browser
 * stretch what it plays, a tone takes itself away.
 */
export function steadyLevelsDb(plane: Float32Array, rate: number, pitches: readonly number[]): number[] {
  const pieceSamples = Math.floor(rate / 4);
  const count = Math.max(1, Math.floor(plane.length / pieceSamples));
  const pieces = Array.from({ length: count }, (_, n) =>
    levelsDb(plane.subarray(n * pieceSamples, (n + 1) * pieceSamples), rate, pitches),
  );
  return pitches.map((_, at) => {
    const levels = pieces.map((piece) => piece[at] ?? -120).toSorted((a, b) => a - b);
    return levels[Math.floor(levels.length / 2)] ?? -120;
  });
}

/** What is left, dB, when the best fitting tones of these pitches are taken out: a click or a gap shows here. */
export function restDb(plane: Float32Array, rate: number, pitches: readonly number[]): number {
  const rest = Float64Array.from(plane);
  // Fitted one after the other and again, since close pitches lean on each other.
  for (const hz of [...pitches, ...pitches, ...pitches]) {
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < rest.length; n++) {
      real += (rest[n] ?? 0) * Math.cos((2 * Math.PI * hz * n) / rate);
      imaginary += (rest[n] ?? 0) * Math.sin((2 * Math.PI * hz * n) / rate);
    }
    for (let n = 0; n < rest.length; n++) {
      const angle = (2 * Math.PI * hz * n) / rate;
      const tone = (real * Math.cos(angle) + imaginary * Math.sin(angle)) * (2 / rest.length);
      rest[n] = (rest[n] ?? 0) - tone;
    }
  }
  return 20 * Math.log10(rest.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-6));
}

/** What a track sounds like to somebody else: its samples at 48 kHz, taken in a context of its own. */
export async function listen(track: MediaStreamTrack, seconds: number): Promise<Float32Array> {
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.resume();
  const source = `registerProcessor('listen', class extends AudioWorkletProcessor {
    process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; } })`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  await context.audioWorklet.addModule(url);
  const node = new AudioWorkletNode(context, 'listen', { numberOfOutputs: 0 });
  context.createMediaStreamSource(new MediaStream([track])).connect(node);
  const plane = new Float32Array(seconds * 48_000);
  let at = 0;
  await new Promise<void>((resolve) => {
    node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
      plane.set(data.subarray(0, plane.length - at), at);
      at += data.length;
      if (at >= plane.length) resolve();
    };
  });
  node.port.onmessage = null;
  await context.close();
  return plane;
}
