import { mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer, temporaryDirectory } from '../testing/test-server.ts';

let t: TestServer;
let consoleDirectory: string;
beforeAll(async () => {
  consoleDirectory = await temporaryDirectory();
  await mkdir(join(consoleDirectory, 'assets'));
  await writeFile(join(consoleDirectory, 'index.html'), '<title>Roomtape</title>');
  t = await startTestServer({ consoleDirectory });
});
afterAll(async () => {
  await t.close();
  await rm(consoleDirectory, { recursive: true });
});

/** A request with headers a browser would not let a page set. */
function post(headers: Record<string, string>): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(t.url);
  return new Promise((resolve) => {
    const call = request({ hostname, port, path: '/v1/console/session', method: 'POST', headers }, (response) => {
      let body = '';
      response.on('data', (data) => {
        body += String(data);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.end();
  });
}

describe('status', () => {
  it('is healthy when it can record', async () => {
    const { status, body } = await t.call('GET', '/healthz', undefined, { authorization: '' });

    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'ok',
      problems: [],
      media: { up: 1, total: 1 },
      diskFreeBytes: expect.any(Number),
    });
  });

  it('says when the disk is too full to record', async () => {
    const full = await startTestServer({ env: { ROOMTAPE_DISK_FREE_MIN_MB: '10000000' } });
    const { status, body } = await full.call('GET', '/healthz');
    await full.close();

    expect(status).toBe(503);
    expect(body).toMatchObject({ status: 'failing', problems: [{ code: 'DISK_FULL' }] });
  });

  it('says when the data directory is gone', async () => {
    const dataDir = await temporaryDirectory();
    const broken = await startTestServer({ dataDir });
    await rm(dataDir, { recursive: true });
    const { body } = await broken.call('GET', '/healthz');
    const start = await broken.call('POST', '/v1/rooms', { roomId: 'still-works' });
    await broken.close();
    await rm(dataDir, { recursive: true, force: true });

    expect(body).toMatchObject({ status: 'failing', problems: [{ code: 'DATA_DIRECTORY_UNUSABLE' }] });
    expect(start.status).toBe(201);
  });

  it('counts for Prometheus without naming rooms', async () => {
    await t.call('POST', '/v1/rooms', { roomId: 'secret-name' });
    const { text } = (await t.call('GET', '/metrics')).body as { text: string };

    expect(text).toContain('roomtape_rooms 1');
    expect(text).toContain('roomtape_process_up{process="media-0"} 1');
    expect(text).toMatch(/roomtape_http_request_seconds_count\{method="POST",route="\/v1\/rooms",status="201"\} 1/);
    expect(text).not.toContain('secret-name');
  });

  it('describes the API as OpenAPI 3.1', async () => {
    const { body } = await t.call('GET', '/v1/openapi.json', undefined, { authorization: '' });
    const paths = Object.keys(body.paths as object);

    expect(body.openapi).toBe('3.1.0');
    for (const path of [
      '/v1/rooms',
      '/v1/rooms/{roomId}/tokens',
      '/v1/recordings',
      '/v1/recordings/{recordingId}/stop',
      '/v1/files/{fileId}',
      '/whip/{roomId}/{streamId}',
      '/healthz',
    ]) {
      expect(paths).toContain(path);
    }
    expect(body).toMatchObject({
      paths: {
        '/v1/recordings': {
          post: {
            requestBody: {
              content: {
                'application/json': {
                  schema: {
                    required: ['roomId'],
                    properties: { mode: { description: expect.stringContaining('default "single"') } },
                  },
                },
              },
            },
          },
        },
      },
    });
  });

  it('shows everything but secrets to the API key', async () => {
    const { body } = await t.call('GET', '/v1/debug');

    expect(body).toMatchObject({
      children: [{ name: 'media-0' }, { name: 'worker-0' }],
      config: { apiKey: '(secret)' },
    });
    expect(JSON.stringify(body)).not.toContain(t.apiKey);
  });
});

describe('the page', () => {
  it('is served with a strict policy', async () => {
    const page = await fetch(t.url);

    expect(await page.text()).toContain('Roomtape');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self' blob: 'wasm-unsafe-eval';");
    expect(policy).not.toContain("'unsafe-eval'");
    expect(policy).not.toContain('http');
    expect((await fetch(`${t.url}/../package.json`)).status).toBe(404);
    expect((await fetch(`${t.url}/%2e%2e/package.json`)).status).toBe(404);
  });

  it('gets a token that stands for the API key', async () => {
    const { host, origin } = new URL(t.url);
    const answer = await post({ host, origin, 'sec-fetch-site': 'same-origin' });
    const { apiToken } = JSON.parse(answer.body) as { apiToken: string };

    expect(answer.status).toBe(201);
    expect((await t.call('GET', '/v1/rooms', undefined, { authorization: `Bearer ${apiToken}` })).status).toBe(200);
  });

  it('shares that token with nobody else', async () => {
    const { host, origin, port } = new URL(t.url);
    const strangers = [
      { host },
      { host, origin: 'https://evil.example' },
      { host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
      { host, origin, 'sec-fetch-site': 'cross-site' },
      { host, origin, 'x-forwarded-for': '203.0.113.9' },
      { host, origin: 'null' },
    ];
    for (const headers of strangers) expect((await post(headers as Record<string, string>)).status).toBe(401);
    const preflight = await fetch(`${t.url}/v1/console/session`, { method: 'OPTIONS' });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('gets it anywhere else for the API key, and for nothing less', async () => {
    const proxied = { host: 'rec.example', origin: 'https://rec.example', 'x-forwarded-for': '203.0.113.9' };
    const answer = await post({ ...proxied, authorization: `Bearer ${t.apiKey}` });
    const { apiToken } = JSON.parse(answer.body) as { apiToken: string };

    expect(answer.status).toBe(201);
    expect((await t.call('GET', '/v1/rooms', undefined, { authorization: `Bearer ${apiToken}` })).status).toBe(200);
    expect((await post({ ...proxied, authorization: 'Bearer wrong' })).status).toBe(401);
    // Short-lived is short-lived: a token is not renewed by itself.
    expect((await post({ ...proxied, authorization: `Bearer ${apiToken}` })).status).toBe(403);
  });

  it('is missed politely when it is not built', async () => {
    const bare = await startTestServer();
    const text = await (await fetch(bare.url)).text();
    await bare.close();

    expect(text).toContain('npm run build');
  });
});
