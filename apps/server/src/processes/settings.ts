// What a child process is told when it is opened: plain data, taken from the configuration.

import type { Config } from '../config.ts';

/** Settings of a media process. */
export type MediaSettings = {
  readonly name: string;
  readonly logLevel: string;
  /** UDP and TCP port; 0 takes free ones. */
  readonly port: number;
  readonly bindAddress: string;
  readonly announcedAddresses: readonly string[];
  readonly tapeFlushMs: number;
  readonly tapeSyncMs: number;
};

/** Settings of a worker process. */
export type WorkerSettings = { readonly name: string; readonly logLevel: string };

/** Settings of media process `index`: each has its own port. */
export function mediaSettings(config: Config, index: number): MediaSettings {
  return {
    name: `media-${index}`,
    logLevel: config.logLevel,
    port: config.mediaPort === 0 ? 0 : config.mediaPort + index,
    bindAddress: config.mediaHost,
    announcedAddresses: config.mediaAnnounce,
    tapeFlushMs: config.tapeFlushMs,
    tapeSyncMs: config.tapeSyncMs,
  };
}

/** Settings of worker process `index`. */
export function workerSettings(config: Config, index: number): WorkerSettings {
  return { name: `worker-${index}`, logLevel: config.logLevel };
}

/** Settings of a mixer process. */
export type MixerSettings = {
  readonly name: string;
  readonly logLevel: string;
  /** Where uploaded pictures are. */
  readonly dataDirectory: string;
  /** Pictures for mixes may be fetched from private addresses too. */
  readonly allowPrivateAddresses: boolean;
};

/** Settings of a mixer process. */
export function mixerSettings(config: Config, name: string): MixerSettings {
  const { logLevel, dataDir, mixAllowPrivateAddresses } = config;
  const allowPrivateAddresses = mixAllowPrivateAddresses === 'yes';
  return { name, logLevel, dataDirectory: dataDir, allowPrivateAddresses };
}
