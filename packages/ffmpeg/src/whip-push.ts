// Publishes encoded packets by WHIP with FFmpeg's own muxer: a client nobody here wrote, for tests of what the
// server makes of one. Sends what it is given when it is given; pacing is the caller's.

import { rescaleNearest, US_PER_SECOND } from '@roomtape/media';
import { Dictionary, FormatContext, type Packet, type Stream } from 'node-av/lib';
import { addStream, type MuxPacket, type MuxTrack } from './file-muxer.ts';
import { asBuffer, check, newPacket } from './native.ts';

/** Where to publish and what. FFmpeg takes one H.264 track without B-frames and one of stereo Opus. */
export type WhipPushOptions = {
  readonly url: string;
  readonly token: string;
  readonly tracks: readonly MuxTrack[];
  /**
   * Asks to be the DTLS client; FFmpeg insists on being the server otherwise. As client it sends its first flight
   * once: where that comes before the peer's connectivity check, opening fails and has to be tried again.
   */
  readonly isDtlsClient?: boolean;
};

/** An open publication. */
export interface WhipPush {
  /** Sends one packet; resolves when it has left. Throws `output-write-failed` when the connection is gone. */
  write(packet: MuxPacket): Promise<void>;
  /** Ends the session with DELETE and closes. Idempotent. */
  close(): Promise<void>;
}

const HANDSHAKE_MS = 5_000;

/** Opens a session; throws `output-open-failed` when it is refused or not connected in 5 s. */
export async function openWhipPush(options: WhipPushOptions): Promise<WhipPush> {
  const context = new FormatContext();
  check(context.allocOutputContext2(null, 'whip', options.url), 'output-open-failed', 'allocate WHIP muxer');
  try {
    const streams = options.tracks.map((track) => addStream(context, track));
    const settings = Dictionary.fromObject({
      authorization: options.token,
      handshake_timeout: String(HANDSHAKE_MS),
      ...(options.isDtlsClient === true ? { whip_flags: 'dtls_active' } : {}),
    });
    check(await context.writeHeader(settings), 'output-open-failed', `publish to ${options.url}`);
    return new NativeWhipPush(options.url, context, streams);
  } catch (error) {
    context.freeContext();
    throw error;
  }
}

class NativeWhipPush implements WhipPush {
  readonly #url: string;
  readonly #context: FormatContext;
  readonly #rates: readonly number[];
  readonly #packet: Packet = newPacket();
  #isOpen = true;

  constructor(url: string, context: FormatContext, streams: readonly Stream[]) {
    this.#url = url;
    this.#context = context;
    this.#rates = streams.map((stream) => stream.timeBase.den / stream.timeBase.num);
  }

  async write(input: MuxPacket): Promise<void> {
    const rate = this.#rates[input.track];
    if (!this.#isOpen || rate === undefined) return;
    const packet = this.#packet;
    packet.data = asBuffer(input.data); // first: it resets every other field
    packet.streamIndex = input.track;
    packet.pts = BigInt(rescaleNearest(input.ptsUs, US_PER_SECOND, rate));
    packet.dts = BigInt(rescaleNearest(input.dtsUs, US_PER_SECOND, rate));
    packet.isKeyframe = input.key;
    const result = await this.#context.writeFrame(packet);
    packet.unref();
    check(result, 'output-write-failed', `publish to ${this.#url}`);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const result = await this.#context.writeTrailer();
    this.#packet.free();
    this.#context.freeContext();
    check(result, 'output-write-failed', `end the publication at ${this.#url}`);
  }
}
