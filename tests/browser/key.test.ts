import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { launchBrowser, type TestBrowser } from './chromium.ts';

const NAME = 'recordings.test';
const START_TIMEOUT_MS = 60_000;

let server: ServerProcess;
let browser: TestBrowser;

beforeAll(async () => {
  server = await startServerProcess();
  // The server by another name, as it is seen through a proxy.
  browser = await launchBrowser({ hasDevices: false, arguments: [`--host-resolver-rules=MAP ${NAME} 127.0.0.1`] });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it('asks for the API key where the server is not on this machine, and works with it', { timeout: 60_000 }, async () => {
  const page = await browser.openPage(`http://${NAME}:${new URL(server.url).port}/#/recordings`);
  await page.getByRole('heading', { name: 'API key' }).waitFor();

  await page.getByLabel('Key').fill('not-the-key-0123456789');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('The server does not know this key').waitFor();

  await page.getByLabel('Key').fill(server.apiKey);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('Nothing recorded yet.').waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
  expect(browser.complaints).toEqual([]);

  // It was kept in the page only.
  await page.reload();
  await page.getByRole('heading', { name: 'API key' }).waitFor();
});
