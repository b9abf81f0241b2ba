// What an engine publishes: which channel goes out under which stream id. Opens the channel's devices if nothing is
// captured yet, and lets go of them when the publication ends, however it does.

import type { RoomtapeClient } from '../client.ts';
import { clientError } from '../errors.ts';
import type { PublishChannel } from '../recording/record-config.ts';
import type { CaptureDesk } from './capture-desk.ts';
import type { StreamPublishOptions } from './engine-options.ts';

type Publication = { readonly streamId: string };

/** Keeps the publications of one engine. */
export class PublishDesk {
  readonly #client: RoomtapeClient;
  readonly #captures: CaptureDesk;
  readonly #publications = new Map<PublishChannel, Publication>();

  constructor(client: RoomtapeClient, captures: CaptureDesk) {
    this.#client = client;
    this.#captures = captures;
    client.on('publisher-state-changed', ({ streamId, state }) => {
      const publication = [...this.#publications.values()].find((one) => one.streamId === streamId);
      if (publication !== undefined && (state === 'failed' || state === 'stopped')) this.#forget(publication);
    });
  }

  /** Publishes a channel. Rejects with `NOT_LOGGED_IN`, `ALREADY_PUBLISHING`, `CANCELLED`, `DEVICE_…` or the server's. */
  async start(streamId: string, channel: PublishChannel, options: StreamPublishOptions): Promise<void> {
    if (this.#client.session === undefined) throw clientError('NOT_LOGGED_IN');
    const publications = [...this.#publications.values()];
    if (this.#publications.has(channel) || publications.some((one) => one.streamId === streamId)) {
      throw clientError('ALREADY_PUBLISHING', { details: { channel, streamId } });
    }
    const publication: Publication = { streamId };
    this.#publications.set(channel, publication);
    const capture = this.#captures.of(channel);
    try {
      capture.use('publish');
      await capture.open(undefined);
      if (this.#publications.get(channel) !== publication) throw clientError('CANCELLED');
      const { videoCodec, audioBitrateBps, simulcast, stereo, dtx } = options;
      const { bitrateBps } = capture.config;
      await this.#client.startPublishingStream(streamId, {
        stream: capture,
        ...(videoCodec === undefined ? {} : { codec: videoCodec }),
        ...(simulcast === undefined ? {} : { simulcast }),
        ...(stereo === undefined ? {} : { stereo }),
        ...(dtx === undefined ? {} : { dtx }),
        ...(audioBitrateBps === undefined ? {} : { maxAudioBitrateBps: audioBitrateBps }),
        ...(bitrateBps === undefined ? {} : { maxBitrateBps: bitrateBps }),
      });
    } catch (error) {
      this.#forget(publication);
      throw error;
    }
  }

  /** Ends the publication of a channel; nothing happens if there is none. */
  async stop(channel: PublishChannel): Promise<void> {
    const publication = this.#publications.get(channel);
    if (publication === undefined) return;
    this.#forget(publication);
    await this.#client.stopPublishingStream(publication.streamId);
  }

  /** Follows a change of a channel's bitrate. */
  async limitBitrate(channel: PublishChannel, bitrateBps: number): Promise<void> {
    const publication = this.#publications.get(channel);
    if (publication !== undefined) await this.#client.limitPublishedBitrate(publication.streamId, bitrateBps);
  }

  #forget(publication: Publication): void {
    for (const [channel, kept] of this.#publications) {
      if (kept !== publication) continue;
      this.#publications.delete(channel);
      this.#captures.of(channel).release('publish');
    }
  }
}
