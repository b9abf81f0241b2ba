// MP4, fragmented while it is written, ordinary afterwards (`mp4/finish-mp4.ts`). One fragment for each picture group:
// what a crash costs is the group being gathered. Pictures come without reordering, as real-time encoders send them.

import { readAvcConfig, readHevcConfig, toLengthPrefixed } from '@roomtape/flv';
import { box, concatBytes, rescaleNearest, US_PER_SECOND, writeBoxType, writeUint32 } from '@roomtape/media';
import { clientError } from '../errors.ts';
import type { ByteFile } from '../storage/byte-file.ts';
import type { AudioTrackFacts, ContainerWriter, ContainerWriterOptions, EncodedPacket } from './container-writer.ts';
import { finishMp4, PLACEHOLDER_BYTES } from './mp4/finish-mp4.ts';
import { type FragmentRun, type FragmentSample, writeFragment } from './mp4/fragment.ts';
import { emptyTables, MOVIE_TIMESCALE, type MovieTrack, movieBox, usToMovieTicks } from './mp4/movie-box.ts';
import { audioSampleEntry, videoSampleEntry } from './mp4/sample-entry.ts';

/** Sound alone, and pictures whose keyframe does not come, are written after this long. */
const FRAGMENT_MAX_US = 1_000_000;
const SOUND_FRAGMENT_US = 500_000;
/** Without a first picture for this long the recording is not what was asked for. */
const FIRST_PICTURE_MAX_US = 10_000_000;
const VIDEO_TRACK_ID = 1;
const AUDIO_TRACK_ID = 2;
const AAC_FRAME_SAMPLES = 1024;
/** Times nearer than this to where the sound must go on are rounding or clock noise: 1 ms at 48 kHz. */
const CONTINUITY_SAMPLES = 48;

type PendingSample = { readonly dtsTicks: number; readonly packet: EncodedPacket };

/** Writes one MP4. */
export class Mp4Writer implements ContainerWriter {
  readonly #file: ByteFile;
  readonly #options: ContainerWriterOptions;
  #at = 0;
  #sequence = 0;
  #video: PendingSample[] = [];
  #audio: PendingSample[] = [];
  #videoConfig: Uint8Array | undefined;
  #audioConfig: Uint8Array | undefined;
  /** Parameter sets that differ from the first: they go before every keyframe from then on. */
  #inBandSets: Uint8Array | undefined;
  #lastVideoTicks = -1;
  #nextAudioTicks: number | undefined;

  constructor(options: ContainerWriterOptions) {
    this.#options = options;
    this.#file = options.file;
  }

  get bytesWritten(): number {
    return this.#at;
  }

  async writeVideo(packet: EncodedPacket): Promise<void> {
    if (this.#options.video === undefined) return;
    this.#noteVideoConfig(packet);
    // Nothing can be decoded before the first keyframe.
    if (this.#videoConfig === undefined) return;
    const dtsTicks = Math.max(this.#lastVideoTicks + 1, usToMovieTicks(Math.max(0, packet.ptsUs)));
    if (this.#video.length > 0 && (packet.isKeyframe || this.#isOverdue(packet.ptsUs))) this.#writeFragment(dtsTicks);
    this.#lastVideoTicks = dtsTicks;
    this.#video.push({ dtsTicks, packet: this.#withSets(packet) });
  }

  async writeAudio(packet: EncodedPacket): Promise<void> {
    const facts = this.#options.audio;
    if (facts === undefined) return;
    this.#audioConfig ??= packet.decoderConfig;
    const at = facts.primingSamples + rescaleNearest(packet.ptsUs, US_PER_SECOND, facts.sampleRate);
    const next = this.#nextAudioTicks;
    const dtsTicks = next !== undefined && at < next + CONTINUITY_SAMPLES ? next : at;
    // Earlier than the priming said: before the track's time begins.
    if (dtsTicks < 0) return;
    this.#nextAudioTicks = dtsTicks + AAC_FRAME_SAMPLES;
    this.#audio.push({ dtsTicks, packet });
    this.#writeSoundInTime(packet.ptsUs);
  }

  async finish(endUs: number): Promise<void> {
    try {
      if (this.#video.length + this.#audio.length > 0) this.#writeFragment(usToMovieTicks(endUs));
    } catch (error) {
      // The last group does not fit any more: the index of all before it may.
      if ((error as { code?: unknown }).code !== 'RECORD_STORAGE_FULL' || this.#at === 0) throw error;
    }
    finishMp4(this.#file, endUs);
    this.#at = this.#file.size;
  }

  #noteVideoConfig(packet: EncodedPacket): void {
    const config = packet.decoderConfig;
    if (config === undefined) return;
    if (this.#videoConfig === undefined) this.#videoConfig = config;
    else this.#inBandSets = isSame(this.#videoConfig, config) ? undefined : this.#setsOf(config);
  }

  #setsOf(config: Uint8Array): Uint8Array | undefined {
    const facts = this.#options.video?.codec === 'h265' ? readHevcConfig(config) : readAvcConfig(config);
    return facts === undefined ? undefined : toLengthPrefixed(facts.parameterSets);
  }

  #withSets(packet: EncodedPacket): EncodedPacket {
    if (this.#inBandSets === undefined || !packet.isKeyframe) return packet;
    return { ...packet, bytes: concatBytes([this.#inBandSets, packet.bytes]) };
  }

  #isOverdue(nowUs: number): boolean {
    const first = this.#video[0] ?? this.#audio[0];
    return first !== undefined && nowUs - first.packet.ptsUs >= FRAGMENT_MAX_US;
  }

  #writeSoundInTime(nowUs: number): void {
    const first = this.#audio[0];
    if (first === undefined) return;
    const heldUs = nowUs - first.packet.ptsUs;
    if (this.#options.video === undefined || this.#videoConfig !== undefined) {
      const limitUs = this.#options.video === undefined ? SOUND_FRAGMENT_US : FRAGMENT_MAX_US;
      // The last picture is held back: how long it lasts is not known before the next one or the end.
      if (heldUs >= limitUs) this.#writeFragment(undefined);
    } else if (heldUs >= FIRST_PICTURE_MAX_US) {
      throw clientError('RECORD_ENCODER_FAILED', { message: 'No picture came from the encoder' });
    }
  }

  /** `videoEndTicks`: where the last picture ends; without it, the last picture is held back. */
  #writeFragment(videoEndTicks: number | undefined): void {
    const video = videoEndTicks === undefined ? this.#video.slice(0, -1) : this.#video;
    const held = videoEndTicks === undefined ? this.#video.slice(-1) : [];
    const runs: FragmentRun[] = [];
    if (video[0] !== undefined) {
      const endTicks = videoEndTicks ?? held[0]?.dtsTicks ?? 0;
      runs.push({ trackId: VIDEO_TRACK_ID, startTicks: video[0].dtsTicks, samples: samplesOf(video, endTicks) });
    }
    runs.push(...this.#soundRuns());
    if (runs.length === 0) return;
    this.#writeHeadOnce();
    const bytes = writeFragment(this.#sequence + 1, runs);
    // Its first bytes last: behind the end of a file lies room kept aside, so a torn fragment would look whole.
    this.#file.write(bytes.subarray(8), this.#at + 8);
    this.#file.write(bytes.subarray(0, 8), this.#at);
    // A killed tab loses nothing that was written; a power cut nothing that was flushed.
    this.#file.flush();
    this.#at += bytes.length;
    this.#sequence += 1;
    this.#video = held;
    this.#audio = [];
  }

  /** A run has no gap in it: where sound is missing, a new run begins. */
  #soundRuns(): FragmentRun[] {
    const runs: { startTicks: number; samples: FragmentSample[] }[] = [];
    let nextTicks = -1;
    for (const { dtsTicks, packet } of this.#audio) {
      if (dtsTicks !== nextTicks) runs.push({ startTicks: dtsTicks, samples: [] });
      nextTicks = dtsTicks + AAC_FRAME_SAMPLES;
      runs.at(-1)?.samples.push({ bytes: packet.bytes, durationTicks: AAC_FRAME_SAMPLES, isKeyframe: true });
    }
    return runs.map((run) => ({ trackId: AUDIO_TRACK_ID, ...run }));
  }

  #writeHeadOnce(): void {
    if (this.#at > 0) return;
    const placeholder = new Uint8Array(PLACEHOLDER_BYTES);
    writeUint32(placeholder, 0, PLACEHOLDER_BYTES);
    writeBoxType(placeholder, 4, 'free');
    const brands = new TextEncoder().encode('isom\0\0\x02\0isomiso6mp41');
    const head = concatBytes([box('ftyp', brands), placeholder, movieBox(this.#tracks(), true)]);
    this.#file.write(head, 0);
    this.#at = head.length;
  }

  #tracks(): readonly MovieTrack[] {
    const { video, audio } = this.#options;
    const shared = { mediaDurationTicks: 0, tables: emptyTables() };
    const tracks: MovieTrack[] = [];
    if (video !== undefined && this.#videoConfig !== undefined) {
      tracks.push({
        ...shared,
        id: VIDEO_TRACK_ID,
        kind: 'video',
        timescale: MOVIE_TIMESCALE,
        sampleEntry: videoSampleEntry(video, this.#videoConfig),
        width: video.width,
        height: video.height,
        edits: [{ durationTicks: 0, mediaTimeTicks: 0 }],
      });
    }
    if (audio !== undefined) tracks.push({ ...shared, ...soundTrack(audio, this.#audioConfig) });
    return tracks;
  }
}

type SoundTrack = Omit<MovieTrack, 'mediaDurationTicks' | 'tables'>;

function soundTrack(facts: AudioTrackFacts, config: Uint8Array | undefined): SoundTrack {
  return {
    id: AUDIO_TRACK_ID,
    kind: 'audio',
    timescale: facts.sampleRate,
    sampleEntry: audioSampleEntry(facts, config),
    width: 0,
    height: 0,
    edits: [{ durationTicks: 0, mediaTimeTicks: facts.primingSamples }],
  };
}

function samplesOf(pending: readonly PendingSample[], endTicks: number): FragmentSample[] {
  return pending.map(({ dtsTicks, packet }, i) => ({
    bytes: packet.bytes,
    durationTicks: Math.max(1, (pending[i + 1]?.dtsTicks ?? endTicks) - dtsTicks),
    isKeyframe: packet.isKeyframe,
  }));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
