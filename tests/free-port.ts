// A port of loopback that was free a moment ago.

import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Finds a port that is free for TCP and UDP, as media needs both. */
export async function freePort(): Promise<number> {
  const tcp = createServer();
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const address = tcp.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const udp = createSocket('udp4');
  const isFree = await new Promise<boolean>((resolve) => {
    udp.once('error', () => resolve(false));
    udp.bind(port, '127.0.0.1', () => resolve(true));
  });
  if (isFree) await new Promise<void>((resolve) => udp.close(() => resolve()));
  await new Promise((resolve) => tcp.close(resolve));
  return isFree ? port : freePort();
}
