// A flash-and-beep participant: draws, sounds and encodes in step. Pulled by time; one call of `read` may
// take as long as an encoder needs for the frames that are due.

import { type AudioEncoder, createAudioEncoder, createVideoEncoder, type VideoEncoder } from '@roomtape/ffmpeg';
import { assert, type VideoCodec } from '@roomtape/media';
import { BEAT_US, beepHzOf, isFlashAt, SAMPLE_RATE, writeBeep } from './flash-beep.ts';
import type { MediaSource, SourceAudio, SourceFrame, SourceVideo } from './media-source.ts';
import { SyntheticPicture } from './synthetic-picture.ts';

/** What a synthetic participant looks and sounds like. */
export type SyntheticSourceOptions = {
  readonly name: string;
  /** Tone and strip of the participant, 0 to 15. */
  readonly participantIndex: number;
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly codec?: VideoCodec;
  readonly videoBitrateBps?: number;
  readonly media?: 'audio-video' | 'audio' | 'video';
  /** Signal time of the first picture, µs: which part of a second the source begins with. 0 when absent. */
  readonly signalStartUs?: number;
  /** Noise in the picture, so that the encoder needs its bitrate. */
  readonly isBusy?: boolean;
  readonly gopSeconds?: number;
  /** How much faster than real time the microphone's clock runs, parts per million. */
  readonly audioClockPpm?: number;
  /** Moves the sound against the picture, µs; positive is late. A fault for the analyser to find. */
  readonly audioSkewUs?: number;
};

const AUDIO_BITRATE_BPS = 48_000;
const AUDIO_BLOCK = SAMPLE_RATE / 50;
/** A receiver that asks for keyframes more often than this gets no more of them. */
const KEYFRAME_DISTANCE_MIN_US = 250_000;

/** Opens a synthetic participant; throws a `RoomtapeError` when an encoder is missing. */
export function createSyntheticSource(options: SyntheticSourceOptions): SyntheticSource {
  return new SyntheticSource(options);
}

/** A synthetic participant; also lets its picture be resized while it runs. */
export class SyntheticSource implements MediaSource {
  readonly #options: SyntheticSourceOptions;
  readonly #audio: SyntheticSound | undefined;
  #picture: SyntheticVideo | undefined;

  constructor(options: SyntheticSourceOptions) {
    this.#options = options;
    const media = options.media ?? 'audio-video';
    this.#picture = media === 'audio' ? undefined : new SyntheticVideo(options, sizeOf(options));
    this.#audio = media === 'video' ? undefined : new SyntheticSound(options);
  }

  get video(): SourceVideo | undefined {
    return this.#picture?.facts;
  }

  get audio(): SourceAudio | undefined {
    if (this.#audio === undefined) return undefined;
    return { codec: 'opus', channels: 1, clockPpm: this.#options.audioClockPpm ?? 0 };
  }

  get isEnded(): boolean {
    return false;
  }

  read(untilUs: number): SourceFrame[] {
    const frames = [...(this.#picture?.read(untilUs) ?? []), ...(this.#audio?.read(untilUs) ?? [])];
    return frames.sort((a, b) => a.ptsUs - b.ptsUs);
  }

  requestKeyframe(): void {
    this.#picture?.requestKeyframe();
  }

  skipPicturesBefore(us: number): number {
    return this.#picture?.skipBefore(us) ?? 0;
  }

  /** Changes the picture's size from the next frame on, as a browser does when its bandwidth changes. */
  setSize(width: number, height: number): void {
    const before = this.#picture;
    assert(before !== undefined, 'a source without picture has no size');
    this.#picture = new SyntheticVideo(this.#options, { width, height }, before.nextFrame);
    before.close();
  }

  close(): void {
    this.#picture?.close();
    this.#audio?.close();
  }
}

/** The first picture's number on the grid of signal time: the next one, where the start falls between two. */
function gridStartOf(options: SyntheticSourceOptions, fps: number): number {
  return Math.ceil(((options.signalStartUs ?? 0) * fps) / BEAT_US - 0.001);
}

type Size = { readonly width: number; readonly height: number };

function sizeOf(options: SyntheticSourceOptions): Size {
  return { width: options.width ?? 1280, height: options.height ?? 720 };
}

class SyntheticVideo {
  readonly facts: SourceVideo;
  readonly #picture: SyntheticPicture;
  readonly #options: SyntheticSourceOptions;
  /** Number of the first frame on the grid of signal time, so that flashes fall on frames. */
  readonly #gridStart: number;
  #encoder: VideoEncoder;
  #nextFrame: number;
  #lastKeyUs = Number.NEGATIVE_INFINITY;
  #isKeyframeWanted = false;

  constructor(options: SyntheticSourceOptions, size: Size, firstFrame = 0) {
    const fps = options.fps ?? 30;
    assert(Number.isInteger(fps) && fps > 0 && fps <= 120, 'frames per second are 1 to 120, whole');
    this.#options = options;
    this.facts = { codec: options.codec ?? 'h264', ...size, fps };
    const { name, participantIndex, isBusy = false } = options;
    this.#picture = new SyntheticPicture({ name, participantIndex, isBusy, ...size });
    this.#gridStart = gridStartOf(options, fps);
    this.#nextFrame = firstFrame;
    this.#encoder = this.#openEncoder();
  }

  get nextFrame(): number {
    return this.#nextFrame;
  }

  requestKeyframe(): void {
    this.#isKeyframeWanted = true;
  }

  read(untilUs: number): SourceFrame[] {
    const frames: SourceFrame[] = [];
    for (let ptsUs = this.#timeOf(this.#nextFrame); ptsUs <= untilUs; ptsUs = this.#timeOf(this.#nextFrame)) {
      frames.push(...this.#encode(ptsUs));
      this.#nextFrame++;
    }
    return frames;
  }

  /** Leaves out pictures due before a time; their numbers are left out with them. */
  skipBefore(us: number): number {
    const before = this.#nextFrame;
    this.#nextFrame = Math.max(before, Math.ceil((us * this.facts.fps) / BEAT_US));
    return this.#nextFrame - before;
  }

  close(): void {
    this.#closeEncoder();
  }

  #timeOf(frame: number): number {
    return Math.round((frame * BEAT_US) / this.facts.fps);
  }

  #encode(ptsUs: number): SourceFrame[] {
    if (this.#isKeyframeWanted && ptsUs - this.#lastKeyUs >= KEYFRAME_DISTANCE_MIN_US) this.#restartEncoder();
    const signalUs = Math.round(((this.#gridStart + this.#nextFrame) * BEAT_US) / this.facts.fps);
    const drawn = this.#picture.draw({ counter: this.#nextFrame, signalUs });
    return this.#encoder.encode(drawn, ptsUs).map((packet): SourceFrame => {
      if (packet.key) this.#lastKeyUs = packet.ptsUs;
      return { kind: 'video', type: packet.key ? 'key' : 'delta', ptsUs: packet.ptsUs, data: packet.data };
    });
  }

  /** A new encoder starts with a keyframe, whatever the codec. */
  #restartEncoder(): void {
    this.#isKeyframeWanted = false;
    this.#closeEncoder();
    this.#encoder = this.#openEncoder();
  }

  #closeEncoder(): void {
    // SVT-AV1 complains on stderr when it is closed before its end of stream.
    if (this.facts.codec === 'av1') this.#encoder.flush();
    this.#encoder.close();
  }

  #openEncoder(): VideoEncoder {
    const { width, height, fps, codec } = this.facts;
    const bitrate = this.#options.videoBitrateBps ?? Math.round(width * height * fps * 0.05);
    const gopFrames = Math.round(fps * (this.#options.gopSeconds ?? 2));
    return createVideoEncoder({ codec, width, height, fps, bitrate, gopFrames });
  }
}

class SyntheticSound {
  readonly #options: SyntheticSourceOptions;
  readonly #encoder: AudioEncoder;
  readonly #block = new Float32Array(AUDIO_BLOCK);
  readonly #hz: number;
  /** Samples of signal time per sample of the microphone's clock. */
  readonly #pace: number;
  #blocks = 0;

  constructor(options: SyntheticSourceOptions) {
    this.#options = options;
    this.#hz = beepHzOf(options.participantIndex);
    this.#pace = 1 / (1 + (options.audioClockPpm ?? 0) / 1e6);
    this.#encoder = createAudioEncoder({ codec: 'opus', channels: 1, bitrate: AUDIO_BITRATE_BPS });
    assert(this.#encoder.frameSamples === AUDIO_BLOCK, 'Opus packets are 20 ms');
  }

  read(untilUs: number): SourceFrame[] {
    const frames: SourceFrame[] = [];
    // A block can be sent when its last sample has been heard.
    while (this.#timeOf(this.#blocks + 1) * this.#pace <= untilUs) frames.push(...this.#encodeBlock());
    return frames;
  }

  close(): void {
    this.#encoder.close();
  }

  #timeOf(block: number): number {
    return (block * AUDIO_BLOCK * BEAT_US) / SAMPLE_RATE;
  }

  #encodeBlock(): SourceFrame[] {
    const ptsUs = this.#timeOf(this.#blocks);
    const fps = this.#options.fps ?? 30;
    const gridUs = (gridStartOf(this.#options, fps) * BEAT_US) / fps;
    const signalUs = gridUs + ptsUs * this.#pace - (this.#options.audioSkewUs ?? 0);
    this.#fill((signalUs * SAMPLE_RATE) / BEAT_US);
    this.#blocks++;
    const isSilent = !isFlashAt(signalUs) && !isFlashAt(signalUs + 20_000);
    return this.#encoder
      .encode([this.#block], Math.round(ptsUs))
      .map((packet) => ({ kind: 'audio', type: 'key', ptsUs: packet.ptsUs, data: packet.data, isSilent }));
  }

  #fill(firstSample: number): void {
    if (this.#pace === 1 && Number.isInteger(firstSample)) writeBeep(this.#block, firstSample, this.#hz);
    else writeStretchedBeep(this.#block, { firstSample, pace: this.#pace, hz: this.#hz });
  }
}

/** As `writeBeep`, for samples that do not fall on whole samples of signal time. */
function writeStretchedBeep(block: Float32Array, at: { firstSample: number; pace: number; hz: number }): void {
  const one = new Float32Array(1);
  for (let i = 0; i < block.length; i++) {
    writeBeep(one, at.firstSample + i * at.pace, at.hz);
    block[i] = one[0] ?? 0;
  }
}
