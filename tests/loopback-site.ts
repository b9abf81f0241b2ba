// A web server of a test, on a free port of loopback.

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A site that is served; `close` ends it with all its connections. */
export type LoopbackSite = { readonly url: string; close(): Promise<void> };

/** Serves what `answer` says. */
export async function openLoopbackSite(answer: RequestListener): Promise<LoopbackSite> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
