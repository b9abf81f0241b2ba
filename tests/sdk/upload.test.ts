// The SDK's upload against a whole server: over a connection that breaks, and refused for good.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../apps/server/src/testing/test-server.ts';
import { type UploadOptions, uploadRecording } from '../../packages/sdk/src/storage/upload.ts';

/** ADTS frames as far as their first bytes say. */
const BYTES = Uint8Array.from({ length: 50_000 }, (_, i) => [0xff, 0xf1, 0x4c, 0x80][i] ?? i % 251);
const FILE = new File([BYTES], '录音.aac');

let server: TestServer;
let options: UploadOptions;

beforeAll(async () => {
  server = await startTestServer();
  const token = await server.token('r', 'ann', ['publish']);
  const wait = async () => undefined;
  options = { server: server.url, roomId: 'r', token: async () => token, partBytes: 7000, durationMs: 1234.5, wait };
});
afterAll(() => server?.close());

async function uploaded(recordingId: string): Promise<Record<string, unknown>> {
  const { body } = await server.call('GET', `/v1/recordings/${recordingId}`);
  const [file] = body.files as Record<string, unknown>[];
  const bytes = new Uint8Array(await (await fetch(`${server.url}${file?.url}`)).arrayBuffer());
  return { ...file, isSame: bytes.length === BYTES.length && bytes.every((byte, i) => byte === BYTES[i]) };
}

it('sends a file in parts and tells how far it is', async () => {
  const progress: number[] = [];
  const { recordingId } = await uploadRecording(FILE, { ...options, onProgress: (sent) => progress.push(sent) });

  expect(await uploaded(recordingId)).toMatchObject({ name: '录音.aac', durationMs: 1235, isSame: true });
  expect(progress).toEqual([7000, 14_000, 21_000, 28_000, 35_000, 42_000, 49_000, 50_000]);
});

it('goes on where it was when connections break before, within and after a part', async () => {
  let requests = 0;
  const flaky: UploadOptions['fetch'] = async (url, init) => {
    requests += 1;
    const isPart = init.method === 'PATCH';
    if (requests % 3 === 0) throw new TypeError('the network is gone');
    // Half of the part arrives, and nobody hears of it.
    if (isPart && requests % 4 === 0) {
      await fetch(url, { ...init, body: (init.body as Blob).slice(0, 3000) });
      throw new TypeError('the network is gone');
    }
    const response = await fetch(url, init);
    if (isPart && requests % 7 === 0) throw new TypeError('the answer is lost');
    return response;
  };
  const { recordingId } = await uploadRecording(FILE, { ...options, fetch: flaky });

  expect(await uploaded(recordingId)).toMatchObject({ isSame: true, state: 'finished' });
  expect(requests).toBeGreaterThan(12);
});

it('gives up at once where trying again cannot help, and in the end where it could', async () => {
  const foreign = { ...options, roomId: 'another' };
  await expect(uploadRecording(FILE, foreign)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  const text = new File(['<html>'.padEnd(1000)], 'page.aac');
  await expect(uploadRecording(text, options)).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA_TYPE' });

  let attempts = 0;
  const dead: UploadOptions['fetch'] = async () => {
    attempts += 1;
    throw new TypeError('no network');
  };
  await expect(uploadRecording(FILE, { ...options, fetch: dead, attemptsMax: 3 })).rejects.toMatchObject({
    code: 'NETWORK',
  });
  expect(attempts).toBe(3);
});

it('stops when it is cancelled', async () => {
  const abort = new AbortController();
  const upload = uploadRecording(FILE, { ...options, signal: abort.signal, onProgress: () => abort.abort() });

  await expect(upload).rejects.toMatchObject({ code: 'CANCELLED' });
});
