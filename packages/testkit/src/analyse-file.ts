// Decodes a recorded file and collects the facts the analyser judges. Reads presentation times as a player
// does: the container's edit lists and priming are applied by the demuxer and decoder.

import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { type FileTrack, type MediaFile, openMediaFile } from '@roomtape/ffmpeg';
import { mediaUs } from '@roomtape/media';
import { analyseRecording } from './analyse.ts';
import type { Analysis } from './analysis.ts';
import { BeepDetector, type BeepFact } from './beep-detector.ts';
import type { PictureRegion } from './counter-strip.ts';
import type { Expectation } from './expectation.ts';
import { BEAT_US, SAMPLE_RATE } from './flash-beep.ts';
import { readPicture } from './flash-detector.ts';
import { usualFrameUs } from './frame-order.ts';
import type { AudioFacts, RecordingFacts, TimeSpan, VideoFacts, VideoFrameFact } from './recording-facts.ts';
import { resample } from './resample.ts';

/** How a file is read. */
export type ReadRecordingOptions = {
  /** The tile of a composed picture that shows the participant; the whole picture when absent. */
  readonly tile?: PictureRegion;
};

/** Sample positions are rounded to the container's clock (1 ms in WebM); smaller steps are not holes. */
const HOLE_SAMPLES_MIN = SAMPLE_RATE / 500;

/** Decodes a file and analyses it; throws a `RoomtapeError` when it cannot be opened. */
export function analyseFile(path: string, wanted: Partial<Expectation> = {}): Analysis {
  return analyseRecording(readRecording(path), wanted);
}

/** Decodes a file and says what is in it; throws a `RoomtapeError` when it cannot be opened. */
export function readRecording(path: string, options: ReadRecordingOptions = {}): RecordingFacts {
  const file = openMediaFile(path);
  try {
    const videoTrack = file.tracks.find((track) => track.kind === 'video');
    const audioTrack = file.tracks.find((track) => track.kind === 'audio');
    const pictures = new PictureCollector(options.tile);
    const sound = new SoundCollector();
    for (const item of file.media()) {
      if (item.kind === 'picture' && item.track === videoTrack?.index) pictures.take(item);
      if (item.kind === 'samples' && item.track === audioTrack?.index) sound.take(item);
    }
    // The file counts errors of all tracks together: they are reported with the first track there is.
    const errors = file.errorCount();
    const video = videoTrack === undefined ? undefined : pictures.facts(videoTrack, errors);
    const audio = audioTrack === undefined ? undefined : sound.facts(audioTrack, video === undefined ? errors : 0);
    return {
      ...containerFactsOf(path, file),
      ...(video === undefined ? {} : { video }),
      ...(audio === undefined ? {} : { audio }),
    };
  } finally {
    file.close();
  }
}

function containerFactsOf(
  path: string,
  file: MediaFile,
): Pick<RecordingFacts, 'name' | 'container' | 'bytes' | 'durationUs'> {
  const first = file.format.split(',')[0] ?? '';
  // FFmpeg names its demuxers by families: `mov,mp4,…` and `matroska,webm`.
  const container = first === 'mov' ? 'mp4' : first === 'matroska' ? 'webm' : first;
  return { name: basename(path), container, bytes: statSync(path).size, durationUs: file.durationUs };
}

type DecodedPictureItem = {
  readonly ptsUs: number;
  readonly picture: { readonly width: number; readonly height: number; readonly y: Uint8Array };
};

class PictureCollector {
  readonly #tile: PictureRegion | undefined;
  readonly #frames: VideoFrameFact[] = [];
  readonly #sizes: string[] = [];
  #width = 0;
  #height = 0;

  constructor(tile: PictureRegion | undefined) {
    this.#tile = tile;
  }

  take({ ptsUs, picture }: DecodedPictureItem): void {
    const { width, height, y } = picture;
    const size = `${width}x${height}`;
    if (this.#sizes.at(-1) !== size) this.#sizes.push(size);
    if (this.#frames.length === 0) [this.#width, this.#height] = [width, height];
    const { meanLuma: _, ...reading } = readPicture({ data: y, stride: width, width, height }, this.#tile);
    this.#frames.push({ ptsUs: mediaUs(ptsUs), ...reading });
  }

  facts(track: FileTrack, decodeErrorCount: number): VideoFacts | undefined {
    const [first, last] = [this.#frames[0], this.#frames.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const toUs = mediaUs(Math.round(last.ptsUs + usualFrameUs(this.#frames)));
    return {
      codec: track.codec ?? 'unknown',
      width: this.#width,
      height: this.#height,
      sizes: this.#sizes,
      frames: this.#frames,
      span: { fromUs: first.ptsUs, toUs },
      decodeErrorCount,
    };
  }
}

type DecodedSamplesItem = {
  readonly ptsUs: number;
  readonly sampleRate: number;
  readonly samples: readonly Float32Array[];
};

class SoundCollector {
  readonly #detector = new BeepDetector();
  readonly #holes: TimeSpan[] = [];
  #startUs: number | undefined;
  /** Next expected sample of the file's timeline, at 48 kHz. */
  #next = 0;

  take(item: DecodedSamplesItem): void {
    const mono = resample(mixedDown(item.samples), item.sampleRate, SAMPLE_RATE);
    if (mono.length === 0) return;
    this.#startUs ??= item.ptsUs;
    const stamped = Math.round((item.ptsUs * SAMPLE_RATE) / BEAT_US);
    const isFirst = this.#next === 0;
    const isContinuous = !isFirst && Math.abs(stamped - this.#next) <= HOLE_SAMPLES_MIN;
    const first = isContinuous ? this.#next : stamped;
    if (!isFirst && first > this.#next) this.#holes.push({ fromUs: usOf(this.#next), toUs: usOf(first) });
    this.#detector.push(mono, first);
    this.#next = Math.max(this.#next, first + mono.length);
  }

  facts(track: FileTrack, decodeErrorCount: number): AudioFacts | undefined {
    if (this.#startUs === undefined) return undefined;
    const beeps: readonly BeepFact[] = this.#detector.finish();
    return {
      codec: track.codec ?? 'unknown',
      sampleRate: track.sampleRate ?? 0,
      channels: track.channels ?? 0,
      beeps,
      span: { fromUs: mediaUs(this.#startUs), toUs: usOf(this.#next) },
      holes: this.#holes,
      decodeErrorCount,
    };
  }
}

function usOf(sample: number): ReturnType<typeof mediaUs> {
  return mediaUs(Math.round((sample * BEAT_US) / SAMPLE_RATE));
}

function mixedDown(channels: readonly Float32Array[]): Float32Array {
  const first = channels[0] ?? new Float32Array(0);
  if (channels.length < 2) return first;
  return first.map((_, i) => channels.reduce((sum, channel) => sum + (channel[i] ?? 0), 0) / channels.length);
}
