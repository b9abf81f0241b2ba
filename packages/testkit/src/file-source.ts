// Plays a media file as a participant: decodes it and encodes it again as a browser would send it (no B-frames,
// Opus), by the file's own times. Pulled by time; holds a few seconds of encoded frames where the file's
// pictures and sound lie far apart.

import {
  type AudioEncoder,
  createAudioEncoder,
  createVideoEncoder,
  type FileMedia,
  type MediaFile,
  openMediaFile,
  type Picture,
  type VideoEncoder,
} from '@roomtape/ffmpeg';
import { type MediaKind, RoomtapeError, type VideoCodec } from '@roomtape/media';
import { BEAT_US, SAMPLE_RATE } from './flash-beep.ts';
import type { MediaSource, SourceAudio, SourceFrame, SourceVideo } from './media-source.ts';
import { resample } from './resample.ts';

/** How a file is sent. */
export type FileSourceOptions = {
  readonly path: string;
  readonly codec?: VideoCodec;
  readonly videoBitrateBps?: number;
};

/** Frames read ahead of time; a file interleaved worse than this loses the kind that comes late. */
const PENDING_FRAMES_MAX = 2000;
const AUDIO_BITRATE_BPS = 96_000;
const AUDIO_BLOCK = SAMPLE_RATE / 50;
/** A hole in the file's sound up to this is filled with silence. */
const SILENCE_SAMPLES_MAX = SAMPLE_RATE * 10;
/** Rounding of a container's clock is not a hole. */
const HOLE_SAMPLES_MIN = SAMPLE_RATE / 50;

/** Opens a file as a source; throws a `RoomtapeError` when it cannot be read or has nothing to send. */
export function createFileSource(options: FileSourceOptions): MediaSource {
  const file = openMediaFile(options.path);
  try {
    return new FileSource(file, options);
  } catch (error) {
    file.close();
    throw error;
  }
}

class FileSource implements MediaSource {
  readonly #file: MediaFile;
  readonly #media: Generator<FileMedia>;
  readonly #tracks: ReadonlyMap<number, TrackEncoder>;
  readonly #startUs: number;
  #pending: SourceFrame[] = [];
  #isDrained = false;

  constructor(file: MediaFile, options: FileSourceOptions) {
    this.#file = file;
    this.#media = file.media();
    const videoTrack = file.tracks.find((track) => track.kind === 'video');
    const audioTrack = file.tracks.find((track) => track.kind === 'audio');
    const tracks = new Map<number, TrackEncoder>();
    const { width = 0, height = 0 } = videoTrack ?? {};
    if (videoTrack !== undefined && width >= 2 && height >= 2) {
      tracks.set(videoTrack.index, new PictureEncoder({ width: width & ~1, height: height & ~1 }, options));
    }
    if (audioTrack !== undefined) tracks.set(audioTrack.index, new SoundEncoder(Math.min(2, audioTrack.channels ?? 1)));
    if (tracks.size === 0) {
      const facts = { blame: 'caller', retryable: false, details: { path: options.path } } as const;
      throw new RoomtapeError('FILE_NOT_PLAYABLE', `${options.path} has neither picture nor sound`, facts);
    }
    this.#tracks = tracks;
    this.#startUs = Math.min(...[...tracks.keys()].map((index) => Math.max(0, file.tracks[index]?.startUs ?? 0)));
  }

  get video(): SourceVideo | undefined {
    const encoder = this.#encoderOf('video');
    return encoder instanceof PictureEncoder ? encoder.facts : undefined;
  }

  get audio(): SourceAudio | undefined {
    const encoder = this.#encoderOf('audio');
    return encoder instanceof SoundEncoder ? { codec: 'opus', channels: encoder.channels } : undefined;
  }

  get isEnded(): boolean {
    return this.#isDrained && this.#pending.length === 0;
  }

  read(untilUs: number): SourceFrame[] {
    while (!this.#isDrained && this.#readSoFarUs() <= untilUs && this.#pending.length < PENDING_FRAMES_MAX)
      this.#pull();
    const due = this.#pending.filter((frame) => frame.ptsUs <= untilUs);
    if (due.length > 0) this.#pending = this.#pending.filter((frame) => frame.ptsUs > untilUs);
    return due.sort((a, b) => a.ptsUs - b.ptsUs);
  }

  requestKeyframe(): void {
    this.#encoderOf('video')?.requestKeyframe();
  }

  skipPicturesBefore(us: number): number {
    return this.#encoderOf('video')?.skipBefore(us) ?? 0;
  }

  close(): void {
    this.#isDrained = true;
    this.#pending = [];
    for (const track of this.#tracks.values()) track.close();
    this.#file.close();
  }

  /** How far every track has been read. */
  #readSoFarUs(): number {
    return Math.min(...[...this.#tracks.values()].map((track) => track.reachedUs));
  }

  #pull(): void {
    const next = this.#media.next();
    if (next.done === true) {
      this.#isDrained = true;
      return;
    }
    const track = this.#tracks.get(next.value.track);
    if (track !== undefined) this.#pending.push(...track.encode(next.value, next.value.ptsUs - this.#startUs));
  }

  #encoderOf(kind: MediaKind): TrackEncoder | undefined {
    return [...this.#tracks.values()].find((track) => track.kind === kind);
  }
}

interface TrackEncoder {
  readonly kind: MediaKind;
  readonly reachedUs: number;
  encode(media: FileMedia, ptsUs: number): SourceFrame[];
  requestKeyframe(): void;
  /** Leaves out pictures before a time from now on; returns how many it left out since the last call. */
  skipBefore(us: number): number;
  close(): void;
}

type Size = { readonly width: number; readonly height: number };

class PictureEncoder implements TrackEncoder {
  readonly kind = 'video';
  readonly facts: SourceVideo;
  reachedUs = Number.NEGATIVE_INFINITY;
  readonly #options: FileSourceOptions;
  #encoder: VideoEncoder | undefined;
  #isKeyframeWanted = false;
  #skipBeforeUs = Number.NEGATIVE_INFINITY;
  #skipped = 0;

  constructor(size: Size, options: FileSourceOptions) {
    this.#options = options;
    // Only rate control needs the frame rate; times are the file's own.
    this.facts = { codec: options.codec ?? 'h264', ...size, fps: 30 };
  }

  encode(media: FileMedia, ptsUs: number): SourceFrame[] {
    if (media.kind !== 'picture' || ptsUs <= this.reachedUs) return [];
    this.reachedUs = ptsUs;
    const { picture } = media;
    if (ptsUs < this.#skipBeforeUs) {
      this.#skipped++;
      return [];
    }
    // A file may change its size; what is published keeps the first one.
    if (picture.width < this.facts.width || picture.height < this.facts.height) return [];
    if (this.#isKeyframeWanted) this.#restart();
    this.#encoder ??= this.#open();
    return this.#encoder
      .encode(croppedTo(picture, this.facts), ptsUs)
      .map((packet) => ({ kind: 'video', type: packet.key ? 'key' : 'delta', ptsUs: packet.ptsUs, data: packet.data }));
  }

  requestKeyframe(): void {
    this.#isKeyframeWanted = true;
  }

  skipBefore(us: number): number {
    const skipped = this.#skipped;
    this.#skipped = 0;
    this.#skipBeforeUs = us;
    return skipped;
  }

  close(): void {
    this.#encoder?.close();
    this.#encoder = undefined;
  }

  #restart(): void {
    this.#isKeyframeWanted = false;
    this.close();
  }

  #open(): VideoEncoder {
    const { width, height, fps, codec } = this.facts;
    const bitrate = this.#options.videoBitrateBps ?? Math.round(width * height * fps * 0.07);
    return createVideoEncoder({ codec, width, height, fps, bitrate, gopFrames: fps * 2 });
  }
}

class SoundEncoder implements TrackEncoder {
  readonly kind = 'audio';
  readonly channels: number;
  reachedUs = Number.NEGATIVE_INFINITY;
  readonly #encoder: AudioEncoder;
  readonly #blocks: readonly Float32Array[];
  #filled = 0;
  /** Samples encoded and waiting, from the source's start. */
  #position: number | undefined;

  constructor(channels: number) {
    this.channels = channels;
    this.#encoder = createAudioEncoder({ codec: 'opus', channels, bitrate: AUDIO_BITRATE_BPS });
    this.#blocks = Array.from({ length: channels }, () => new Float32Array(AUDIO_BLOCK));
  }

  encode(media: FileMedia, ptsUs: number): SourceFrame[] {
    if (media.kind !== 'samples') return [];
    this.reachedUs = ptsUs;
    const planes = Array.from({ length: this.channels }, (_, channel) =>
      resample(media.samples[channel] ?? media.samples[0] ?? new Float32Array(0), media.sampleRate, SAMPLE_RATE),
    );
    const stamped = Math.round((ptsUs * SAMPLE_RATE) / BEAT_US);
    this.#position ??= stamped;
    const hole = stamped - this.#position;
    const silence = hole > HOLE_SAMPLES_MIN && hole <= SILENCE_SAMPLES_MAX ? hole : 0;
    const silent = new Float32Array(silence);
    return [...(silence > 0 ? this.#append(planes.map(() => silent)) : []), ...this.#append(planes)];
  }

  requestKeyframe(): void {}

  /** Sound is cheap and never left out. */
  skipBefore(): number {
    return 0;
  }

  close(): void {
    this.#encoder.close();
  }

  #append(planes: readonly Float32Array[]): SourceFrame[] {
    const frames: SourceFrame[] = [];
    const length = planes[0]?.length ?? 0;
    for (let from = 0; from < length; ) {
      const count = Math.min(length - from, AUDIO_BLOCK - this.#filled);
      planes.forEach((plane, channel) => {
        this.#blocks[channel]?.set(plane.subarray(from, from + count), this.#filled);
      });
      from += count;
      this.#filled += count;
      this.#position = (this.#position ?? 0) + count;
      if (this.#filled === AUDIO_BLOCK) frames.push(...this.#flushBlock());
    }
    return frames;
  }

  #flushBlock(): SourceFrame[] {
    this.#filled = 0;
    const ptsUs = Math.round((((this.#position ?? 0) - AUDIO_BLOCK) * BEAT_US) / SAMPLE_RATE);
    return this.#encoder
      .encode(this.#blocks, ptsUs)
      .map((packet) => ({ kind: 'audio', type: 'key', ptsUs: packet.ptsUs, data: packet.data }));
  }
}

/** Cuts a picture to an even size from its upper left corner; the picture itself where nothing is to be cut. */
function croppedTo(picture: Picture, size: Size): Picture {
  const { width, height } = size;
  if (picture.width === width && picture.height === height) return picture;
  const chroma = { width: width / 2, height: height / 2 };
  const chromaStride = (picture.width + 1) >> 1;
  return {
    width,
    height,
    y: croppedPlane(picture.y, picture.width, size),
    u: croppedPlane(picture.u, chromaStride, chroma),
    v: croppedPlane(picture.v, chromaStride, chroma),
  };
}

function croppedPlane(plane: Uint8Array, stride: number, size: Size): Uint8Array {
  const out = new Uint8Array(size.width * size.height);
  for (let row = 0; row < size.height; row++) {
    out.set(plane.subarray(row * stride, row * stride + size.width), row * size.width);
  }
  return out;
}
