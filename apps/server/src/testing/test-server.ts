// A whole server for tests with fake child processes, on a free port and a temporary data directory. Not part
// of the product.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSystemClock, createSystemIds, silentLog } from '@roomtape/media';
import { type Config, readConfig } from '../config.ts';
import { type RunningServer, startServer } from '../server.ts';
import {
  createFakeMedia,
  createFakeMixer,
  createFakeWorker,
  type FakeMedia,
  type FakeMixer,
  type FakeWorker,
} from './fake-children.ts';

/** A running test server and its fake children, the newest last. */
export type TestServer = {
  readonly server: RunningServer;
  readonly url: string;
  readonly apiKey: string;
  readonly dataDir: string;
  readonly media: FakeMedia[];
  readonly workers: FakeWorker[];
  readonly mixers: FakeMixer[];
  /** Calls the API with the API key and reads JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Issues a client token. */
  token(roomId: string, userId: string, grants?: readonly string[]): Promise<string>;
  /** Publishes by WHIP as the bearer of a token; resolves with the answer. */
  publish(roomId: string, streamId: string, token: string): Promise<Response>;
  close(): Promise<void>;
};

/** A JSON answer. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> };

/** Makes a temporary data directory; the caller removes it. */
export function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'roomtape-server-'));
}

/** Starts a test server. `dataDir` is kept when given, so that a restart can be tested. */
export async function startTestServer(
  options: { dataDir?: string; env?: Record<string, string>; consoleDirectory?: string } = {},
): Promise<TestServer> {
  const dataDir = options.dataDir ?? (await temporaryDirectory());
  const media: FakeMedia[] = [];
  const workers: FakeWorker[] = [];
  const mixers: FakeMixer[] = [];
  const server = await startServer({
    config: testConfig({ ROOMTAPE_DATA_DIR: dataDir, ...options.env }),
    version: '0.0.0-test',
    clock: createSystemClock(),
    ids: createSystemIds(),
    log: silentLog,
    consoleDirectory: options.consoleDirectory,
    spawn: (role) => {
      if (role === 'media') return add(media, createFakeMedia()).child;
      if (role === 'mixer') return add(mixers, createFakeMixer()).child;
      return add(workers, createFakeWorker()).child;
    },
  });
  const { url, apiKey } = server;
  const call: TestServer['call'] = (method, path, body, headers) =>
    callJson({ url, apiKey, method, path, body, headers });
  return {
    server,
    url,
    apiKey,
    dataDir,
    media,
    workers,
    mixers,
    call,
    token: async (roomId, userId, grants) => {
      const { body } = await call('POST', `/v1/rooms/${roomId}/tokens`, { userId, ...(grants && { grants }) });
      return String(body.token);
    },
    publish: (roomId, streamId, token) =>
      fetch(`${url}/whip/${roomId}/${streamId}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' },
        body: 'v=0 offer',
      }),
    close: async () => {
      await server.close();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A configuration with free ports. */
export function testConfig(env: Record<string, string> = {}): Config {
  const result = readConfig({ env: { ROOMTAPE_HTTP_PORT: '0', ROOMTAPE_MEDIA_PORT: '0', ...env }, flags: {} });
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result.config;
}

async function callJson(call: {
  url: string;
  apiKey: string;
  method: string;
  path: string;
  body: unknown;
  headers: Record<string, string> | undefined;
}): Promise<Answer> {
  const hasBody = call.body !== undefined;
  const response = await fetch(`${call.url}${call.path}`, {
    method: call.method,
    headers: {
      authorization: `Bearer ${call.apiKey}`,
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      ...call.headers,
    },
    ...(hasBody ? { body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body) } : {}),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : { text } };
}

function add<T>(list: T[], item: T): T {
  list.push(item);
  return item;
}
