// A page with a WHIP client that nobody here wrote, as its users would load it, and nothing else of ours.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rolldown } from 'rolldown';

/** A served page; its script offers `WHIPClient` to the page. */
export type ForeignPage = { readonly url: string; close(): Promise<void> };

const ENTRY = "import { WHIPClient } from '@eyevinn/whip-web-client'; globalThis.WHIPClient = WHIPClient;";

/** Serves `@eyevinn/whip-web-client` on a free loopback port: another origin than the server's. */
export async function serveForeignPage(): Promise<ForeignPage> {
  const script = await bundle();
  const server = createServer((request, response) => {
    if (request.url === '/client.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    else
      response.writeHead(200, { 'content-type': 'text/html' }).end('<script type="module" src="/client.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bundle(): Promise<string> {
  const name = 'entry.js';
  const build = await rolldown({
    input: name,
    platform: 'browser',
    cwd: import.meta.dirname,
    plugins: [
      {
        name: 'entry',
        resolveId: (id: string) => (id === name ? `${import.meta.dirname}/${name}` : null),
        load: (id: string) => (id.endsWith(`/${name}`) ? ENTRY : null),
      },
    ],
  });
  const { output } = await build.generate({ format: 'esm' });
  await build.close();
  return output[0].code;
}
