// Serves the built console without a server behind it, with the same content security policy in spirit.

import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { type LoopbackSite, openLoopbackSite } from '../loopback-site.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const POLICY = "default-src 'self'; media-src 'self' blob:";

/** Serves a folder on a free loopback port. */
export function serveFolder(folder: string): Promise<LoopbackSite> {
  return openLoopbackSite((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
    const file = path === '/' ? '/index.html' : path;
    readFile(join(folder, file)).then(
      (bytes) => {
        const type = TYPES[extname(file)] ?? 'application/octet-stream';
        response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY }).end(bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
}
