// Takes files out of a page under test: `PUT /name` from any origin writes into a folder of its own.

import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Where a page sends its files; `close` ends the server and removes them. */
export type FilmReceiver = {
  readonly url: string;
  /** Where a file of that name lies once the page's request has resolved. */
  pathOf(name: string): string;
  close(): Promise<void>;
};

/** Opens a receiver on a free loopback port. */
export async function openFilmReceiver(): Promise<FilmReceiver> {
  const folder = await mkdtemp(join(tmpdir(), 'roomtape-films-'));
  const pathOf = (name: string): string => join(folder, basename(name));
  const server = createServer((request, response) => {
    const headers = {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'content-type',
    };
    if (request.method !== 'PUT') {
      response.writeHead(204, headers).end();
      return;
    }
    const path = pathOf(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    pipeline(request, createWriteStream(path)).then(
      () => response.writeHead(204, headers).end(),
      () => response.writeHead(500, headers).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    pathOf,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
