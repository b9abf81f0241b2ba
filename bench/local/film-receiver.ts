// Takes files out of a page under test: `PUT /name` from any origin writes into a folder of its own.

import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type LoopbackSite, openLoopbackSite } from '../../tests/loopback-site.ts';

/** Where a page sends its files; `close` ends the server and removes them. */
export type FilmReceiver = LoopbackSite & {
  /** Where a file of that name lies once the page's request has resolved. */
  pathOf(name: string): string;
};

/** Opens a receiver on a free loopback port. */
export async function openFilmReceiver(): Promise<FilmReceiver> {
  const folder = await mkdtemp(join(tmpdir(), 'roomtape-films-'));
  const pathOf = (name: string): string => join(folder, basename(name));
  const site = await openLoopbackSite((request, response) => {
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
  return {
    url: site.url,
    pathOf,
    close: async () => {
      await site.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
