// What the media commands share: a transport factory that fits the server's address, waiting by the clock, and
// numbers for progress lines.

import { type Clock, createSystemClock, createSystemIds, type Ids, silentLog } from '@roomtape/media';
import { createNativeTransportFactory, type RtcTransportFactory } from '@roomtape/webrtc';
import type { CommandIo } from '../command.ts';

/** The ports of one command that sends or receives media. Close the factory at the end. */
export type ClientMedia = { readonly clock: Clock; readonly ids: Ids; readonly factory: RtcTransportFactory };

/** Opens what a media command needs to reach a server. */
export async function openClientMedia(serverUrl: string): Promise<ClientMedia> {
  const clock = createSystemClock({ keepAlive: true });
  const { hostname } = new URL(serverUrl);
  // ICE pairs loopback with loopback only: a local server is reached from a local address.
  const address = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname) ? '127.0.0.1' : '0.0.0.0';
  const factory = await createNativeTransportFactory({ address, port: 0, clock, log: silentLog });
  return { clock, ids: createSystemIds(), factory };
}

/** Waits; ends early, with `false`, when the signal aborts. */
export function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const finish = (isWhole: boolean): void => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      resolve(isWhole);
    };
    const onAbort = (): void => finish(false);
    const cancel = clock.after(ms, () => finish(true));
    signal.addEventListener('abort', onAbort);
  });
}

/** Writes one line of progress: over the last one on a terminal, else each on its own line. */
export function writeProgress(io: CommandIo, line: string): void {
  io.stdout(io.isTerminal ? `\r\x1b[K${line}` : `${line}\n`);
}

/** Ends a redrawn line, so that what follows starts on its own. */
export function endProgress(io: CommandIo): void {
  if (io.isTerminal) io.stdout('\n');
}

/** Bytes over a time as kbit/s. */
export function kbps(bytes: number, ms: number): number {
  return ms <= 0 ? 0 : Math.round((bytes * 8) / ms);
}
