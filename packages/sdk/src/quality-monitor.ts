// Reads the statistics of every connected stream once a second.

import type { Environment } from './environment.ts';
import { type QualityReading, readQuality, type StreamQuality } from './quality.ts';

const PERIOD_MS = 1000;

/** A stream to be watched. */
export type QualitySource = {
  readonly streamId: string;
  readonly direction: 'publish' | 'play';
  readonly connection: RTCPeerConnection;
};

/** Reports the quality of the streams that `listSources` names, until closed. */
export class QualityMonitor {
  readonly #environment: Environment;
  readonly #listSources: () => readonly QualitySource[];
  readonly #onQuality: (quality: StreamQuality) => void;
  #readings = new WeakMap<RTCPeerConnection, QualityReading>();
  #cancel: (() => void) | undefined;

  constructor(
    environment: Environment,
    listSources: () => readonly QualitySource[],
    onQuality: (quality: StreamQuality) => void,
  ) {
    this.#environment = environment;
    this.#listSources = listSources;
    this.#onQuality = onQuality;
  }

  /** Starts watching; a second call does nothing. */
  open(): void {
    this.#cancel ??= this.#environment.after(PERIOD_MS, () => void this.#round());
  }

  /** Stops watching. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #round(): Promise<void> {
    await Promise.allSettled(this.#listSources().map((source) => this.#read(source)));
    if (this.#cancel === undefined) return;
    this.#cancel = this.#environment.after(PERIOD_MS, () => void this.#round());
  }

  async #read(source: QualitySource): Promise<void> {
    const report = await source.connection.getStats();
    const { streamId, direction, connection } = source;
    const previous = this.#readings.get(connection);
    const atMs = this.#environment.nowMs();
    const { quality, reading } = readQuality(report, { streamId, direction, atMs, previous });
    this.#readings.set(connection, reading);
    if (this.#cancel !== undefined) this.#onQuality(quality);
  }
}
