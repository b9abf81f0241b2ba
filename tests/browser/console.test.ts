import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { launchBrowser, type TestBrowser } from './chromium.ts';
import { readVideo, untilPicture, untilPlayed } from './picture.ts';

/** The picture in the README; made anew by `UPDATE_IMAGES=1 npx vitest run tests/browser/console`. */
const SCREENSHOT = join(import.meta.dirname, '..', '..', 'docs', 'images', 'console.png');
const isPicturing = process.env.UPDATE_IMAGES === '1';
const TEST_TIMEOUT_MS = 90_000;

let server: ServerProcess;
let browser: TestBrowser;

beforeAll(async () => {
  server = await startServerProcess();
  browser = await launchBrowser();
}, 60_000);

afterEach(() => browser.closePages());

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const address = (room: string, name: string, more = ''): string =>
  `${server.url}/#/room/${room}?name=${encodeURIComponent(name)}&auto=1${more}`;
const tile = (page: Page, name: string) => page.getByRole('article', { name });
const tileVideo = (page: Page, name: string) => tile(page, name).locator('video');

describe('console', { timeout: TEST_TIMEOUT_MS }, () => {
  it('leads from the lobby into a room with the devices of the browser', async () => {
    const page = await browser.openPage(`${server.url}/#/room/lobby-room`);
    await page.getByLabel('Your name').fill('Ada');
    await untilPicture(page.locator('.preview video'));

    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('Connected', { exact: true }).waitFor();
    await tile(page, 'Ada').getByText('H.264').waitFor();

    await untilPicture(tileVideo(page, 'Ada'));
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('heading', { name: 'Join a room' }).waitFor();
    expect(browser.complaints).toEqual([]);
  });

  it('shows two people each other, records them, and plays a file while it grows and after', async () => {
    const ada = await browser.openPage(address('design-review', 'Ada Lovelace', '&source=test'));
    const source = isPicturing ? 'test' : 'flash-beep';
    const grace = await browser.openPage(address('design-review', 'Grace Hopper', `&source=${source}`));
    await ada.bringToFront();
    await untilPicture(tileVideo(ada, 'Grace Hopper'));
    await untilPicture(tileVideo(grace, 'Ada Lovelace'));

    await ada.getByRole('button', { name: 'Record' }).click();
    await expect.poll(() => ada.locator('.file').count(), { timeout: 15_000 }).toBe(2);
    await expect
      .poll(() => ada.getByRole('timer').textContent(), { timeout: 20_000 })
      .toMatch(isPicturing ? /0:(09|1)/ : /0:(0[4-9]|1)/);
    if (isPicturing) await ada.screenshot({ path: SCREENSHOT });
    await ada.getByRole('button', { name: /^Play/ }).first().click();
    await untilPlayed(ada.locator('.player video'), 1);
    await ada.getByRole('button', { name: /^Close/ }).click();

    await ada.getByRole('button', { name: 'Stop' }).click();
    await ada.getByText('Finished').waitFor();
    await ada.getByRole('button', { name: /^Play/ }).first().click();
    await untilPlayed(ada.locator('.player video'), 2);

    expect((await readVideo(ada.locator('.player video'))).duration).toBeGreaterThan(4);
    expect(await ada.getByRole('alert').textContent()).toBe('');
    expect(browser.complaints).toEqual([]);
  });

  it('pauses and resumes a recording, and says so', async () => {
    const ada = await browser.openPage(address('pause-room', 'Ada', '&source=flash-beep'));
    await ada.locator('.tile-quality').waitFor();

    await ada.getByRole('button', { name: 'Record' }).click();
    await expect.poll(() => ada.locator('.file').count(), { timeout: 15_000 }).toBe(1);
    await ada.getByRole('button', { name: 'Pause' }).click();
    await ada.locator('.card').getByText('Paused').waitFor();
    await ada.getByRole('button', { name: 'Resume' }).click();
    await ada.locator('.card').getByText('Recording', { exact: true }).waitFor();
    await ada.getByRole('button', { name: 'Stop' }).click();
    await ada.getByText('Finished').waitFor();

    expect(await ada.getByRole('alert').textContent()).toBe('');
    expect(browser.complaints).toEqual([]);
  });

  it('tells the others who is muted', async () => {
    const ada = await browser.openPage(address('mute-room', 'Ada', '&source=flash-beep'));
    const bob = await browser.openPage(address('mute-room', 'Bob', '&source=flash-beep'));
    await tile(bob, 'Ada').waitFor();

    await ada.getByRole('button', { name: 'Mute' }).click();
    await tile(bob, 'Ada, muted').waitFor();
    await ada.getByRole('button', { name: 'Unmute' }).click();
    await bob.getByRole('article', { name: /^Ada(, speaking)?$/ }).waitFor();
    await ada.getByRole('button', { name: 'Leave' }).click();
    await tile(bob, 'Ada').waitFor({ state: 'detached' });

    expect(await bob.getByRole('article').count()).toBe(1);
  });

  it.each(['vp8', 'vp9', 'av1', 'h264'])('sends and plays %s when the link asks for it', async (codec) => {
    const room = `codec-${codec}`;
    await browser.openPage(address(room, 'Ada', `&source=flash-beep&codec=${codec}`));
    const bob = await browser.openPage(address(room, 'Bob', '&source=flash-beep'));

    await bob.bringToFront();
    await untilPicture(tileVideo(bob, 'Ada'));

    const names: Record<string, string> = { vp8: 'VP8', vp9: 'VP9', av1: 'AV1', h264: 'H.264' };
    await tile(bob, 'Ada')
      .getByText(names[codec] ?? '')
      .waitFor();
    expect(browser.complaints).toEqual([]);
  });

  it('lists all recordings with their files', async () => {
    const page = await browser.openPage(`${server.url}/#/recordings`);

    await page.getByText(/^design-review/).waitFor();
    await page.getByLabel('Room').fill('no such room');

    await page.getByText('Nothing recorded yet.').waitFor();
    expect(await page.locator('.card').count()).toBe(0);
  });
});
