// A static server for pages under test: files of one folder and pages given as text, with byte ranges, so that
// `<video>` can seek, and with the headers of a careful site.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { type LoopbackSite, openLoopbackSite } from '../loopback-site.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.mp4': 'video/mp4',
  '.flv': 'video/x-flv',
  '.aac': 'audio/aac',
  '.wav': 'audio/wav',
};
/** What the SDK asks of a site's policy, and no more (docs/client-sdk.md). */
const POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval' 'unsafe-inline' blob:; " +
  "worker-src 'self' blob:; media-src 'self' blob:; connect-src *; style-src 'unsafe-inline'";

/** Serves a folder on a free loopback port; `pages` are texts by path and win over files. */
export function servePageFolder(folder: string, pages: Readonly<Record<string, string>> = {}): Promise<LoopbackSite> {
  return openLoopbackSite((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    const page = pages[path];
    if (page === undefined) void sendFile(join(folder, path), request, response);
    else response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': POLICY }).end(page);
  });
}

async function sendFile(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile() !== true) {
    response.writeHead(404).end();
    return;
  }
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const from = asked === null ? 0 : Number(asked[1]);
  const to = asked?.[2] ? Math.min(Number(asked[2]), facts.size - 1) : facts.size - 1;
  response.writeHead(asked === null ? 200 : 206, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'content-length': String(to - from + 1),
    'accept-ranges': 'bytes',
    'content-security-policy': POLICY,
    ...(asked === null ? {} : { 'content-range': `bytes ${from}-${to}/${facts.size}` }),
  });
  createReadStream(path, { start: from, end: to }).pipe(response);
}
