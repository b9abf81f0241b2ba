// Packets on their way into the container, one after the other: what comes before the container is open waits, the
// first failure ends it, what a broken disk leaves over is bounded.

import type { ContainerWriter, EncodedPacket } from '../containers/container-writer.ts';
import { clientError } from '../errors.ts';
import type { TrackKind } from './worker-messages.ts';

/** Ten seconds at 25 Mbps: a storage that is further behind does not come back. */
const WAITING_BYTES_MAX = 32 * 1024 * 1024;

/** Writes packets of both tracks in the order they came. */
export class PacketSink {
  readonly #onError: (error: unknown) => void;
  #writer: ContainerWriter | undefined;
  #queue: { readonly track: TrackKind; readonly packet: EncodedPacket }[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #hasFailed = false;
  #writtenUs = 0;
  readonly #bytes = { video: 0, audio: 0 };

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Bytes of all packets so far, by track. */
  get packetBytes(): { readonly video: number; readonly audio: number } {
    return { ...this.#bytes };
  }

  get fileBytes(): number {
    return this.#writer?.bytesWritten ?? 0;
  }

  /** Up to where the film is in the container, µs. */
  get writtenUs(): number {
    return this.#writtenUs;
  }

  /** From now on packets go to this container. */
  open(writer: ContainerWriter): void {
    this.#writer = writer;
    this.#kick();
  }

  /** Takes a packet; never throws. */
  write(track: TrackKind, packet: EncodedPacket): void {
    if (this.#hasFailed) return;
    this.#bytes[track] += packet.bytes.length;
    this.#waitingBytes += packet.bytes.length;
    this.#queue.push({ track, packet });
    if (this.#waitingBytes > WAITING_BYTES_MAX) this.#fail(clientError('RECORD_WRITE_FAILED'));
    else this.#kick();
  }

  /** Writes what waits and ends the file. Rejects with what went wrong. */
  async finish(endUs: number): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#writer?.finish(endUs);
  }

  #kick(): void {
    const writer = this.#writer;
    if (writer === undefined || this.#writing !== undefined || this.#queue.length === 0) return;
    this.#writing = this.#drain(writer)
      .catch((error) => this.#fail(error))
      .finally(() => {
        this.#writing = undefined;
        this.#kick();
      });
  }

  async #drain(writer: ContainerWriter): Promise<void> {
    while (this.#queue.length > 0) {
      const next = this.#queue;
      this.#queue = [];
      for (const { track, packet } of next) {
        if (this.#hasFailed) return;
        if (track === 'video') await writer.writeVideo(packet);
        else await writer.writeAudio(packet);
        this.#waitingBytes -= packet.bytes.length;
        this.#writtenUs = Math.max(this.#writtenUs, packet.ptsUs + packet.durationUs);
      }
    }
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#queue = [];
    this.#onError(error);
  }
}
