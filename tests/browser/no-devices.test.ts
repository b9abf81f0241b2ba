import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureConsole } from '../../scripts/build-console.ts';
import { launchBrowser, type TestBrowser } from './chromium.ts';
import { untilPicture } from './picture.ts';
import { serveFolder } from './static-site.ts';

let browser: TestBrowser;
let site: Awaited<ReturnType<typeof serveFolder>>;

beforeAll(async () => {
  site = await serveFolder(await ensureConsole());
  browser = await launchBrowser({ hasDevices: false });
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

describe('page on a machine without camera and microphone', () => {
  it('says so, lets one join all the same, and offers a test picture', async () => {
    const page = await browser.openPage(`${site.url}/#/room/demo?name=Ada`);

    await page.getByText('No such camera or microphone').waitFor();
    const canJoin = await page.getByRole('button', { name: 'Join' }).isEnabled();
    await page.getByRole('button', { name: 'Use a test picture' }).click();
    await untilPicture(page.locator('.preview video'));

    expect(canJoin).toBe(true);
    expect(browser.complaints).toEqual([]);
  });

  it('says in plain words what to do when the server is not there', async () => {
    const page = await browser.openPage(`${site.url}/#/room/demo?name=Ada&auto=1&source=test`);

    await page.getByRole('alert').getByText('The server answered 404').waitFor();

    expect(await page.getByText('Not connected').count()).toBe(1);
    await page.close();
  });
});
