// AAC as ADTS (ISO/IEC 13818-7 §6.2): frames one after the other, each with its own header. No times and no index, so
// every prefix is a whole file and its length is its number of frames.

import { parseAacConfig } from '@roomtape/media';
import type { ByteFile } from '../storage/byte-file.ts';
import type { AudioTrackFacts, ContainerWriter, ContainerWriterOptions, EncodedPacket } from './container-writer.ts';

/** Bytes before each frame. */
export const ADTS_HEADER_BYTES = 7;
/** Index of 48 kHz in the table of sample rates. */
const RATE_INDEX_48K = 3;
/** What a power cut may cost; a killed tab loses nothing that was written. */
const FLUSH_US = 500_000;
/** Frames that the end may still cut off. */
const TAIL_FRAMES = 256;

/** Writes one ADTS file. Pictures are left out. */
export class AdtsWriter implements ContainerWriter {
  readonly #file: ByteFile;
  readonly #facts: AudioTrackFacts | undefined;
  #channels: number | undefined;
  #tail: { readonly middleUs: number; readonly positionBytes: number }[] = [];
  #at = 0;
  #flushedUs = 0;

  constructor(options: ContainerWriterOptions) {
    this.#file = options.file;
    this.#facts = options.audio;
  }

  get bytesWritten(): number {
    return this.#at;
  }

  async writeVideo(): Promise<void> {}

  async writeAudio(packet: EncodedPacket): Promise<void> {
    const middleUs = packet.ptsUs + packet.durationUs / 2;
    // Priming cannot be marked here, only left out; half a frame is as near as ADTS comes.
    if (this.#facts === undefined || middleUs < 0) return;
    this.#channels ??= channelsOf(packet.decoderConfig) ?? this.#facts.channelCount;
    const frame = new Uint8Array(ADTS_HEADER_BYTES + packet.bytes.length);
    writeAdtsHeader(frame, this.#channels);
    frame.set(packet.bytes, ADTS_HEADER_BYTES);
    this.#tail.push({ middleUs, positionBytes: this.#at });
    if (this.#tail.length > 2 * TAIL_FRAMES) this.#tail = this.#tail.slice(-TAIL_FRAMES);
    this.#file.write(frame, this.#at);
    this.#at += frame.length;
    if (middleUs - this.#flushedUs < FLUSH_US) return;
    this.#flushedUs = middleUs;
    this.#file.flush();
  }

  async finish(endUs: number): Promise<void> {
    const first = this.#tail.find((frame) => frame.middleUs >= endUs);
    if (first !== undefined) {
      this.#at = first.positionBytes;
      this.#file.truncate(this.#at);
    }
    this.#file.flush();
  }
}

/** Reads the length of the ADTS frame at an offset, header included; `undefined` where none begins. */
export function adtsFrameBytes(bytes: Uint8Array, at: number): number | undefined {
  if (at + ADTS_HEADER_BYTES > bytes.length || bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xf6) !== 0xf0) {
    return undefined;
  }
  const length = (((bytes[at + 3] ?? 0) & 3) << 11) | ((bytes[at + 4] ?? 0) << 3) | ((bytes[at + 5] ?? 0) >>> 5);
  return length <= ADTS_HEADER_BYTES ? undefined : length;
}

/** MPEG-4, AAC-LC, 48 kHz, one raw block a frame, no checksum, fullness unknown. */
function writeAdtsHeader(frame: Uint8Array, channels: number): void {
  const length = frame.length;
  frame[0] = 0xff;
  frame[1] = 0xf1;
  frame[2] = (1 << 6) | (RATE_INDEX_48K << 2) | (channels >>> 2);
  frame[3] = ((channels & 3) << 6) | (length >>> 11);
  frame[4] = (length >>> 3) & 0xff;
  frame[5] = ((length & 7) << 5) | 0x1f;
  frame[6] = 0xfc;
}

function channelsOf(config: Uint8Array | undefined): number | undefined {
  const channels = config === undefined ? undefined : parseAacConfig(config)?.channels;
  return channels === 1 || channels === 2 ? channels : undefined;
}
