// FLV: tags in order of time, H.264 the classic way, H.265 as enhanced FLV; metadata with duration, size and keyframe
// index written over its own room at the end. Every prefix is a playable file. FLV counts whole milliseconds.

import {
  FLV_HEADER_BYTES,
  type FlvKeyframe,
  type FlvMetadata,
  writeAudioBody,
  writeFlvHeader,
  writeFlvTag,
  writeMetadataBlock,
  writeVideoBody,
} from '@roomtape/flv';
import { concatBytes } from '@roomtape/media';
import { clientError } from '../errors.ts';
import type { ByteFile } from '../storage/byte-file.ts';
import type { ContainerWriter, ContainerWriterOptions, EncodedPacket } from './container-writer.ts';
import { Interleaver, type TrackPacket } from './interleaver.ts';
import { aacConfigOf } from './mp4/sample-entry.ts';

/** Room for some 650 keyframes: beyond that the index keeps every second, every fourth… */
export const FLV_METADATA_BYTES = 12 * 1024;
const WAIT_MAX_US = 400_000;
/** What a power cut may cost; a killed tab loses nothing that was written. */
const FLUSH_MS = 500;
/** Tags that the end may still cut off. */
const TAIL_TAGS = 256;

/** What the tracks of a file are. */
export type FlvTracks = Pick<ContainerWriterOptions, 'video' | 'audio'>;

/** Writes one FLV. */
export class FlvWriter implements ContainerWriter {
  readonly #file: ByteFile;
  readonly #tracks: FlvTracks;
  readonly #interleaver: Interleaver;
  readonly #keyframes: FlvKeyframe[] = [];
  #tail: { readonly timestampMs: number; readonly positionBytes: number }[] = [];
  #at = 0;
  #videoConfig: Uint8Array | undefined;
  #hasAudioConfig = false;
  #lastMs = 0;
  #flushedMs = 0;

  constructor(options: ContainerWriterOptions) {
    this.#file = options.file;
    this.#tracks = options;
    const kinds = (['video', 'audio'] as const).filter((kind) => options[kind] !== undefined);
    this.#interleaver = new Interleaver(kinds, WAIT_MAX_US);
  }

  get bytesWritten(): number {
    return this.#at;
  }

  async writeVideo(packet: EncodedPacket): Promise<void> {
    if (this.#tracks.video !== undefined) this.#writeAll(this.#interleaver.push('video', packet));
  }

  async writeAudio(packet: EncodedPacket): Promise<void> {
    if (this.#tracks.audio !== undefined) this.#writeAll(this.#interleaver.push('audio', packet));
  }

  async finish(endUs: number): Promise<void> {
    const endMs = Math.round(endUs / 1000);
    this.#writeAll(this.#interleaver.flush().filter(({ packet }) => packet.ptsUs < endUs));
    this.#cutAt(endMs);
    const { video } = this.#tracks;
    if (video !== undefined && this.#videoConfig !== undefined) {
      const body = writeVideoBody({ codec: video.codec, kind: 'end', isKeyframe: true, data: new Uint8Array() });
      this.#append(writeFlvTag({ type: 'video', timestampMs: endMs, body }));
    }
    const keyframes = this.#keyframes.filter((keyframe) => keyframe.timeSeconds * 1000 < endMs);
    const metadata = { durationSeconds: endUs / 1e6, fileBytes: this.#at, keyframes };
    if (this.#at > 0) this.#file.write(flvMetadataBlock(this.#tracks, metadata), FLV_HEADER_BYTES);
    this.#file.flush();
  }

  #writeAll(packets: readonly TrackPacket[]): void {
    for (const { kind, packet } of packets) {
      // FLV knows no time before 0: priming and what else lies there is left out.
      if (packet.ptsUs < 0) continue;
      if (kind === 'video') this.#writePicture(packet);
      else this.#writeSound(packet);
    }
  }

  #writePicture(packet: EncodedPacket): void {
    const codec = this.#tracks.video?.codec ?? 'h264';
    const config = packet.decoderConfig;
    const timestampMs = this.#msOf(packet);
    if (config !== undefined && !isSame(config, this.#videoConfig)) {
      this.#videoConfig = config;
      this.#writeHeadOnce();
      // Players take the first index entry for the configuration.
      if (this.#keyframes.length === 0) this.#keyframes.push({ timeSeconds: 0, positionBytes: this.#at });
      const body = writeVideoBody({ codec, kind: 'config', isKeyframe: true, data: config });
      this.#append(writeFlvTag({ type: 'video', timestampMs, body }));
    }
    if (this.#videoConfig === undefined) return;
    if (packet.isKeyframe) this.#keyframes.push({ timeSeconds: timestampMs / 1000, positionBytes: this.#at });
    const body = writeVideoBody({ codec, kind: 'frame', isKeyframe: packet.isKeyframe, data: packet.bytes });
    this.#appendFrame('video', timestampMs, body);
  }

  #writeSound(packet: EncodedPacket): void {
    const facts = this.#tracks.audio;
    if (facts === undefined) return;
    this.#writeHeadOnce();
    const timestampMs = this.#msOf(packet);
    if (!this.#hasAudioConfig) {
      this.#hasAudioConfig = true;
      const data = packet.decoderConfig ?? aacConfigOf(facts);
      const body = writeAudioBody({ codec: 'aac', kind: 'config', data });
      this.#append(writeFlvTag({ type: 'audio', timestampMs, body }));
    }
    const body = writeAudioBody({ codec: 'aac', kind: 'frame', data: packet.bytes });
    this.#appendFrame('audio', timestampMs, body);
  }

  #msOf(packet: EncodedPacket): number {
    return Math.round(packet.ptsUs / 1000);
  }

  #appendFrame(type: 'video' | 'audio', timestampMs: number, body: Uint8Array): void {
    this.#tail.push({ timestampMs, positionBytes: this.#at });
    if (this.#tail.length > 2 * TAIL_TAGS) this.#tail = this.#tail.slice(-TAIL_TAGS);
    this.#append(writeFlvTag({ type, timestampMs, body }));
    this.#lastMs = Math.max(this.#lastMs, timestampMs);
    if (this.#lastMs - this.#flushedMs < FLUSH_MS) return;
    this.#flushedMs = this.#lastMs;
    this.#file.flush();
  }

  #append(bytes: Uint8Array): void {
    this.#file.write(bytes, this.#at);
    this.#at += bytes.length;
  }

  #writeHeadOnce(): void {
    if (this.#at > 0) return;
    const has = { audio: this.#tracks.audio !== undefined, video: this.#tracks.video !== undefined };
    this.#append(concatBytes([writeFlvHeader(has), flvMetadataBlock(this.#tracks, { durationSeconds: 0 })]));
  }

  /** Takes back what was written of the time after the end. */
  #cutAt(endMs: number): void {
    const first = this.#tail.find((tag) => tag.timestampMs >= endMs);
    if (this.#lastMs < endMs || first === undefined) return;
    this.#at = first.positionBytes;
    this.#file.truncate(this.#at);
  }
}

/** Writes the metadata of a file into its room, which is always of the same size. */
export function flvMetadataBlock(
  tracks: FlvTracks,
  known: Pick<FlvMetadata, 'durationSeconds' | 'fileBytes' | 'keyframes'>,
): Uint8Array {
  const { video, audio } = tracks;
  const block = writeMetadataBlock(
    {
      ...known,
      ...(video === undefined ? {} : { video }),
      ...(audio === undefined
        ? {}
        : { audio: { codec: 'aac' as const, sampleRate: audio.sampleRate, channels: audio.channelCount } }),
    },
    FLV_METADATA_BYTES,
  );
  if (block === undefined) throw clientError('RECORD_WRITE_FAILED', { message: 'The metadata does not fit' });
  return block;
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}
