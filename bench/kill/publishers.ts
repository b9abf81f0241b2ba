// Two participants that publish marked frames and come back by themselves after the server was away.

import { createSystemClock, createSystemIds, silentLog } from '@roomtape/media';
import { type EncodedLoop, WhipClient } from '@roomtape/testkit';
import { createNativeTransportFactory, type NativeTransportFactory } from '@roomtape/webrtc';
import { sleep } from '../server-process.ts';
import { MarkedSource } from './marked-source.ts';

/** Where they publish. */
export type PublishersOptions = {
  readonly server: string;
  readonly token: string;
  readonly roomId: string;
  readonly streams: readonly string[];
  readonly loop: EncodedLoop;
};

const RECONNECT_PAUSE_MS = 100;
const RECONNECT_ATTEMPTS_MAX = 100;
const clock = createSystemClock({ keepAlive: true });
const ids = createSystemIds();

/** The participants of one room. */
export class Publishers {
  readonly #factory: NativeTransportFactory;
  readonly #clients: readonly WhipClient[];

  private constructor(factory: NativeTransportFactory, options: PublishersOptions) {
    this.#factory = factory;
    this.#clients = options.streams.map((streamId) => {
      return new WhipClient({
        url: `${options.server}/whip/${options.roomId}/${streamId}`,
        token: options.token,
        factory,
        clock,
        ids,
        videoCodec: 'h264',
        hasAudio: true,
        createSource: () => new MarkedSource(options.loop, clock),
      });
    });
  }

  /** Connects all. */
  static async connect(options: PublishersOptions): Promise<Publishers> {
    const factory = await createNativeTransportFactory({ address: '127.0.0.1', port: 0, clock, log: silentLog });
    const publishers = new Publishers(factory, options);
    await publishers.#connectAll();
    return publishers;
  }

  /** Drops what is left of the connections and tries until all are back. */
  async reconnect(): Promise<void> {
    for (const client of this.#clients) client.drop();
    await this.#connectAll();
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close().catch(() => undefined)));
    await this.#factory.close();
  }

  async #connectAll(): Promise<void> {
    await Promise.all(this.#clients.map(connectPatiently));
  }
}

async function connectPatiently(client: WhipClient): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.connect();
      return;
    } catch (error) {
      if (attempt === RECONNECT_ATTEMPTS_MAX) throw error;
      client.drop();
      await sleep(RECONNECT_PAUSE_MS);
    }
  }
}
