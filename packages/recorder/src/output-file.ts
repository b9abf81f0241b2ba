// Executes the plan of one file: opens the muxer, re-encodes or keeps the sound, fills silence. Written under a
// temporary name and published under its own once it has caught up, so a reader never sees it shrink.

import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  type AudioRenderer,
  CONTAINERS,
  canCarry,
  createAudioRenderer,
  createFileMuxer,
  type FileCodec,
  type FileMuxer,
  type FileSound,
  type MuxTrack,
  type RenderedPacket,
} from '@roomtape/ffmpeg';
import {
  type AudioCodec,
  assert,
  type CodecId,
  OPUS_CLOCK_RATE,
  type OpusFiller,
  opusFillerAfter,
  parseAacConfig,
  ticks,
  ticksToUs,
} from '@roomtape/media';
import type {
  AudioPlan,
  FilePlan,
  NewFileLimit,
  PlannedAction,
  PlannedFrame,
  PlannedSilence,
} from '@roomtape/timeline';
import { silentOpus } from './opus-silence.ts';
import type { FileJob, OutputContainer } from './projection-job.ts';

/** Bits per second of re-encoded sound, by channels. */
const BITRATE = { 1: 64_000, 2: 128_000 } as const;
/** Bytes of a second of re-encoded sound. */
const ENCODED_BYTES = { mono: BITRATE[1] / 8, stereo: BITRATE[2] / 8 };
const SOUND_BYTES = { aac: ENCODED_BYTES, mp3: ENCODED_BYTES, pcm: { mono: 96_000, stereo: 192_000 } } as const;
const TEMPORARY = '.part';
const SEGMENT_MS = 4_000;

/** The name of a job's n-th file (from 0). */
export function outputName(job: FileJob, file: number, container: OutputContainer): string {
  const suffix = file === 0 ? '' : `-${file + 1}`;
  return `${job.names?.[container] ?? job.fileName}${suffix}.${CONTAINERS[container].extension}`;
}

/** Whether a directory entry is a playlist itself, its initialisation, or one of its segments. */
export function isPartOf(playlist: string, entry: string): boolean {
  const stem = playlist.slice(0, -'m3u8'.length);
  return entry.startsWith(stem) && /^(m3u8(\.tmp)?|init\.mp4|\d{5,}\.m4s(\.tmp)?)$/.test(entry.slice(stem.length));
}

/** Whether a directory entry is a temporary file an earlier run of this job left behind. */
export function isStaleTemporary(job: FileJob, entry: string): boolean {
  if (!entry.endsWith(TEMPORARY)) return false;
  return Object.entries(CONTAINERS).some(([container, { extension }]) => {
    const stem = job.names?.[container as OutputContainer] ?? job.fileName;
    if (!entry.startsWith(stem)) return false;
    return /^(-\d+)?\.([a-z0-9]+)$/.exec(entry.slice(stem.length, -TEMPORARY.length))?.[2] === extension;
  });
}

/** The container a plan really goes to: the one asked for, unless it cannot carry the codecs. */
export function containerFor(plan: FilePlan, wanted: FileJob['container']): OutputContainer {
  const asked: OutputContainer[] = wanted === 'auto' ? [] : [wanted];
  return [...asked, 'mp4' as const].find((container) => fits(plan, container)) ?? 'webm';
}

/** Which tracks a job is about: some containers hold sound only. */
export function mediaOf({ container, media }: FileJob): FileJob['media'] {
  return container !== 'auto' && CONTAINERS[container].isAudioOnly === true ? 'audio' : media;
}

/** Whether sound is decoded and encoded again, as far as that is known before the codecs are. */
export function transcodesAudio({ container, audioCodec }: FileJob): boolean {
  if (container === 'auto' || container === 'mp4') return audioCodec === 'aac';
  return CONTAINERS[container].sound !== undefined;
}

/** When the files of a job end and others go on; `undefined` when only a codec change ends one. */
export function newFileLimit({ newFileMs, newFileBytes, container, audioCodec }: FileJob): NewFileLimit | undefined {
  if ((newFileMs === undefined && newFileBytes === undefined) || container === 'hls') return undefined;
  const becomes = container === 'auto' || container === 'mp4' ? audioCodec : CONTAINERS[container].sound;
  const sound = becomes === undefined || becomes === 'opus' ? {} : { soundBytesPerSecond: SOUND_BYTES[becomes] };
  return {
    ...(newFileMs === undefined ? {} : { afterUs: newFileMs * 1000 }),
    ...(newFileBytes === undefined ? {} : { afterBytes: newFileBytes, ...sound }),
  };
}

function fits({ video, audio }: FilePlan, container: OutputContainer): boolean {
  if (video !== undefined && !canCarry(container, video.codec)) return false;
  return audio === undefined || canCarry(container, audio.codec) || CONTAINERS[container].sound !== undefined;
}

/** What sound is encoded to; `undefined` where the source's packets are kept. */
function soundFor(source: AudioCodec, container: OutputContainer, job: FileJob): 'aac' | FileSound | undefined {
  if (container === 'mp4') return source === 'opus' && job.audioCodec === 'aac' ? 'aac' : undefined;
  return canCarry(container, source) ? undefined : CONTAINERS[container].sound;
}

/** One file being written. */
export class OutputFile {
  readonly container: OutputContainer;
  readonly path: string;
  readonly videoCodec: CodecId | undefined;
  readonly audioCodec: FileCodec | undefined;
  width: number | undefined;
  height: number | undefined;
  #published = false;
  readonly #headerBytes: number;
  readonly #muxer: FileMuxer;
  readonly #renderer: AudioRenderer | undefined;
  readonly #audioTrack: number;
  #audioEndUs = 0;
  #sourceCodec: AudioCodec | undefined;
  /** The last packet of Opus: what was lost after it was of its kind. */
  #lastSound: Uint8Array | undefined;

  /** Opens the file; throws what the muxer throws. */
  constructor(job: FileJob, file: number, plan: FilePlan) {
    this.container = containerFor(plan, job.container);
    this.path = join(job.outputDirectory, outputName(job, file, this.container));
    this.videoCodec = plan.video?.codec;
    this.#sourceCodec = plan.audio?.codec;
    this.width = plan.video?.width;
    this.height = plan.video?.height;
    const target = plan.audio === undefined ? undefined : soundFor(plan.audio.codec, this.container, job);
    if (plan.audio !== undefined && target !== undefined) this.#renderer = openRenderer(plan.audio, target);
    this.audioCodec = target ?? plan.audio?.codec;
    const tracks: MuxTrack[] = [];
    if (plan.video !== undefined) tracks.push(videoTrack(plan.video));
    this.#audioTrack = tracks.length;
    if (plan.audio !== undefined) tracks.push(audioTrack(plan.audio, target, this.#renderer));
    try {
      const { container } = this;
      const { fragmentMs, segmentMs = SEGMENT_MS } = job;
      if (this.#isSegmented) this.#removeParts();
      this.#muxer = createFileMuxer({ path: this.#temporary, container, tracks, fragmentMs, segmentMs });
      this.#headerBytes = this.#isSegmented ? 0 : this.bytes();
    } catch (error) {
      this.#renderer?.close();
      throw error;
    }
  }

  /** Whether it is under its own name. */
  get published(): boolean {
    return this.#published;
  }

  /** Bytes on disk under whichever name it has now. */
  bytes(): number {
    const paths = this.#isSegmented ? this.#parts() : [this.#published ? this.path : this.#temporary];
    return paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  }

  /** Carries out one action of the plan; throws what the muxer throws. */
  execute(action: PlannedAction): void {
    if (action.kind === 'frame') this.#frame(action);
    else if (action.kind === 'lead-in') this.#leadIn(action.data, action.ptsUs);
    else if (action.kind === 'silence') this.#silence(action);
    else if (action.kind === 'audio-source') this.#changeSource(action);
  }

  /** Puts the file under its own name, over an older one, once it holds media: before, no reader can open it. */
  publish(): void {
    if (this.#published || this.bytes() <= this.#headerBytes) return;
    // A playlist appears by itself with its first segment.
    if (this.#isSegmented && !existsSync(this.path)) return;
    if (!this.#isSegmented) renameSync(this.#temporary, this.path);
    this.#published = true;
  }

  /** Writes the index and closes; the file is under its own name afterwards. */
  finish(endUs: number): void {
    if (this.#renderer !== undefined) this.#writeRendered(this.#renderer.finish(endUs));
    this.#renderer?.close();
    this.#muxer.finish(endUs);
    this.publish();
  }

  /** Closes where it is: published, it stays readable; a temporary one is removed. Never throws. */
  abandon(): void {
    this.#renderer?.close();
    this.#muxer.abandon();
    if (this.#published) return;
    if (this.#isSegmented) this.#removeParts();
    else rmSync(this.#temporary, { force: true });
  }

  get #temporary(): string {
    return this.#isSegmented ? this.path : this.path + TEMPORARY;
  }

  get #isSegmented(): boolean {
    return CONTAINERS[this.container].isSegmented === true;
  }

  /** Everything that belongs to a segmented file. */
  #parts(): string[] {
    const folder = dirname(this.path);
    return readdirSync(folder)
      .filter((entry) => isPartOf(basename(this.path), entry))
      .map((entry) => join(folder, entry));
  }

  #removeParts(): void {
    for (const path of this.#parts()) rmSync(path, { force: true });
  }

  #frame(action: PlannedFrame): void {
    if (action.track === 'video') {
      this.width = action.width ?? this.width;
      this.height = action.height ?? this.height;
      this.#muxer.write({ ...action, track: 0 });
      return;
    }
    if (this.#sourceCodec === 'opus') this.#lastSound = action.data;
    this.#audioEndUs = action.ptsUs + action.durationUs;
    if (this.#renderer !== undefined) this.#writeRendered(this.#renderer.push(action.data, action.ptsUs));
    else this.#muxer.write({ ...action, track: this.#audioTrack });
  }

  #leadIn(data: Uint8Array, ptsUs: number): void {
    if (this.#renderer !== undefined) this.#writeRendered(this.#renderer.push(data, ptsUs));
  }

  #changeSource({ codec, config }: Extract<PlannedAction, { kind: 'audio-source' }>): void {
    this.#sourceCodec = codec;
    this.#lastSound = undefined;
    this.#renderer?.setSource(codec, config);
  }

  #silence({ fromUs, toUs, isLoss }: PlannedSilence): void {
    const filler = isLoss !== true || this.#lastSound === undefined ? undefined : opusFillerAfter(this.#lastSound);
    const heardUs = Math.max(fromUs, this.#audioEndUs);
    const guessedUs = filler === undefined ? heardUs : this.#guess(filler, { fromUs: heardUs, toUs });
    if (this.#renderer === undefined && this.audioCodec === 'opus')
      for (const { atUs, durationUs, data } of silentOpus(guessedUs, toUs))
        this.#writeSound({ ptsUs: atUs, durationUs, data });
    else if (filler === undefined && this.#renderer !== undefined)
      this.#writeRendered(this.#renderer.silenceUntil(toUs));
  }

  /** Packets for those that were lost, for a decoder that goes on from what it last heard; returns where they end, µs. */
  #guess({ data, durationTicks }: OpusFiller, { fromUs, toUs }: { fromUs: number; toUs: number }): number {
    const durationUs = ticksToUs(ticks(durationTicks), OPUS_CLOCK_RATE);
    let ptsUs = fromUs;
    for (; toUs - ptsUs >= durationUs / 2; ptsUs += durationUs) {
      if (this.#renderer !== undefined) this.#writeRendered(this.#renderer.push(data, ptsUs));
      else this.#writeSound({ ptsUs, durationUs: Math.min(durationUs, toUs - ptsUs), data });
    }
    return ptsUs;
  }

  #writeSound({ ptsUs, durationUs, data }: RenderedPacket): void {
    this.#muxer.write({ track: this.#audioTrack, ptsUs, dtsUs: ptsUs, durationUs, key: true, data });
  }

  #writeRendered(packets: readonly RenderedPacket[]): void {
    const fromUs = CONTAINERS[this.container].hasNoPriming === true ? 0 : Number.NEGATIVE_INFINITY;
    for (const packet of packets) if (packet.ptsUs >= fromUs) this.#writeSound(packet);
  }
}

function openRenderer(plan: AudioPlan, target: 'aac' | FileSound): AudioRenderer {
  const channels = plan.stereo ? 2 : 1;
  const config = plan.config === undefined ? {} : { config: plan.config };
  return createAudioRenderer({ codec: plan.codec, target, channels, bitrate: BITRATE[channels], ...config });
}

function videoTrack(plan: NonNullable<FilePlan['video']>): MuxTrack {
  const { codec, width, height, config } = plan;
  return {
    codec,
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(config === undefined ? {} : { config }),
  };
}

function audioTrack(
  plan: AudioPlan,
  target: 'aac' | FileSound | undefined,
  renderer: AudioRenderer | undefined,
): MuxTrack {
  if (target !== undefined && renderer !== undefined) {
    const config = renderer.config.length === 0 ? {} : { config: renderer.config };
    return { codec: target, sampleRate: 48_000, channels: plan.stereo ? 2 : 1, ...config };
  }
  if (plan.codec === 'opus') return { codec: 'opus', channels: plan.channels };
  assert(plan.codec === 'aac', 'audio is Opus or AAC');
  const facts = plan.config === undefined ? undefined : parseAacConfig(plan.config);
  return {
    codec: 'aac',
    sampleRate: facts?.sampleRate ?? plan.clockRate,
    channels: facts?.channels ?? plan.channels,
    ...(plan.config === undefined ? {} : { config: plan.config }),
  };
}
