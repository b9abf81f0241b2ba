// The mixing desk, as a person uses it: a film is begun, its layout changed by a click and seen in the live picture,
// paused, snapped, stopped, played, and made again with another layout. Who stands where is read from the pictures.

import { join } from 'node:path';
import { readPicture } from '@roomtape/testkit';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Stage } from '../e2e/stage.ts';
import { launchBrowser, type TestBrowser } from './chromium.ts';
import { untilPlayed } from './picture.ts';

/** The picture in the README; made anew by `UPDATE_IMAGES=1 npx vitest run tests/browser/mix-page`. */
const SCREENSHOT = join(import.meta.dirname, '..', '..', 'docs', 'images', 'mixing-desk.png');
const isPicturing = process.env.UPDATE_IMAGES === '1';
/** A machine that also does other work. */
const WAIT = { timeout: 30_000, interval: 150 };
const [ADA, BOB] = [1, 2];

const REFUSAL = { error: { code: 'INVALID_STATE', message: 'Not now', whatToDo: 'Later.' } };

/** The picture is read at this size: small, and the strip of a quarter of it is still readable. */
const SIZE = { width: 640, height: 360 };
const WHOLE = { x: 0, y: 0, ...SIZE };
const HALVES = [0, SIZE.width / 2].map((x) => ({
  x,
  y: SIZE.height / 4,
  width: SIZE.width / 2,
  height: SIZE.height / 2,
}));
/** The large tile below a row of small ones, and the whole picture in it. */
const BELOW_ROW = { x: 80, y: SIZE.height / 4, width: 480, height: 270 };

let stage: Stage;
let browser: TestBrowser;

beforeAll(async () => {
  [stage, browser] = await Promise.all([Stage.open(), launchBrowser()]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const monitor = (page: Page) => page.getByRole('region', { name: 'Programme' });
const badge = (page: Page, words: string) => monitor(page).getByText(words, { exact: true });
const people = (page: Page) => page.getByRole('region', { name: 'People' });

type Rect = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
type Video = { readonly videoWidth: number };
type Painter = {
  drawImage(image: unknown, ...rect: number[]): void;
  getImageData(...rect: number[]): { data: Uint8Array };
};
type Canvas = { width: number; height: number; getContext(kind: '2d'): Painter };

/** Who is in each of the rectangles of what a video element shows. */
async function seatedIn(video: Locator, rects: readonly Rect[]): Promise<(number | undefined)[]> {
  const text = await video.evaluate((element, { width, height }) => {
    if ((element as unknown as Video).videoWidth === 0) return '';
    const page = (globalThis as unknown as { document: { createElement(name: string): Canvas } }).document;
    const canvas = Object.assign(page.createElement('canvas'), { width, height });
    const painter = canvas.getContext('2d');
    painter.drawImage(element, 0, 0, width, height);
    const { data } = painter.getImageData(0, 0, width, height);
    // Full range to video range: black is 16, white 235.
    const luma = (i: number): number =>
      16 + (0.2126 * (data[i] ?? 0) + 0.7152 * (data[i + 1] ?? 0) + 0.0722 * (data[i + 2] ?? 0)) * (219 / 255);
    return Array.from({ length: width * height }, (_, pixel) => String.fromCharCode(Math.round(luma(pixel * 4)))).join(
      '',
    );
  }, SIZE);
  const data = new Uint8Array(Buffer.from(text, 'latin1'));
  if (data.length === 0) return [];
  return rects.map((rect) => readPicture({ data, stride: SIZE.width, ...SIZE }, rect).participantIndex);
}

async function untilSeated(video: Locator, rects: readonly Rect[], who: readonly number[]): Promise<void> {
  await expect.poll(() => seatedIn(video, rects), WAIT).toEqual(who);
}

describe('mixing desk', { timeout: 120_000 }, () => {
  it('directs a film from the first click to another film of the same tapes', async () => {
    const roomId = 'studio';
    await stage.publish({ roomId, userId: 'ada', source: { participantIndex: ADA } });
    await stage.publish({ roomId, userId: 'bob', source: { participantIndex: BOB } });
    const page = await browser.openPage(`${stage.server.url}/#/mix/${roomId}`);
    const live = monitor(page).locator('video');

    await people(page).getByText('bob', { exact: true }).waitFor();
    await page.getByRole('combobox', { name: 'Frame rate' }).selectOption('15');
    await button(page, 'Start the film').click();
    await untilSeated(live, HALVES, [ADA, BOB]);
    await badge(page, 'LIVE').waitFor();

    await page.route('**/layout', (route) => route.fulfill({ status: 409, json: REFUSAL }), { times: 1 });
    await button(page, 'Tiles').click();
    await page.getByRole('alert').getByText('Not now').waitFor();
    await page.locator('[aria-pressed=true]').getByText('Gallery').waitFor();

    await button(page, 'Single').click();
    expect(await button(page, 'Single').getAttribute('aria-pressed')).toBe('true');
    await button(page, 'bob large').click();
    await untilSeated(live, [WHOLE], [BOB]);

    await button(page, 'Pause').click();
    await badge(page, 'PAUSED').waitFor();
    await button(page, 'Snap').click();
    await expect.poll(() => pictureWidth(page), WAIT).toBe(1280);
    await button(page, 'Resume').click();
    await badge(page, 'LIVE').waitFor();
    await button(page, 'Stop').click();
    await badge(page, 'FILM').waitFor();
    await play(live);

    await button(page, 'Row on top').click();
    await badge(page, 'PREVIEW').waitFor();
    await button(page, 'Render this layout').click();
    const made = page.locator('.film-panel .card').filter({ hasText: 'Row on top' });
    await made.getByText('Finished').waitFor();
    await made.getByRole('button', { name: /^Play/ }).click();
    await untilPlayed(made.locator('.player video'), 0.5);
    await untilSeated(made.locator('.player video'), [BELOW_ROW], [BOB]);
    expect(await page.getByRole('alert').textContent()).toBe('');
    expect(browser.complaints).toEqual([]);
  });

  it('lets tiles be dragged, sized and moved by keys before anybody is there, on a narrow page too', async () => {
    const page = await browser.openPage(`${stage.server.url}/#/mix/empty`);
    await button(page, 'Custom').click();
    const tile = page.getByRole('button', { name: /^Tile of Person 1/ });
    const first = await boxOf(tile);

    await drag(page, { x: first.x + 20, y: first.y + 20 }, { x: 60, y: 40 });
    const moved = await boxOf(tile);
    // Even pixels of the film are not those of the page.
    expect(Math.hypot(moved.x - first.x - 60, moved.y - first.y - 40)).toBeLessThan(3);
    await drag(page, { x: moved.x + moved.width - 5, y: moved.y + moved.height - 5 }, { x: 50, y: 30 });
    await tile.press('ArrowLeft');
    const sized = await boxOf(tile);

    expect(Math.hypot(sized.width - moved.width - 50, sized.height - moved.height - 30)).toBeLessThan(3);
    expect(sized.x).toBeLessThan(moved.x);
    await page.setViewportSize({ width: 400, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
    expect(browser.complaints).toEqual([]);
  });
});

async function boxOf(element: Locator): Promise<Rect> {
  const box = await element.boundingBox();
  if (box === null) throw new Error('nothing is shown');
  return box;
}

async function drag(page: Page, from: { x: number; y: number }, by: { x: number; y: number }): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(from.x + by.x, from.y + by.y, { steps: 3 });
  await page.mouse.up();
}

if (isPicturing) {
  it('is pictured with three people for the README', { timeout: 120_000 }, pictureDesk);
}

/** Three people with pictures fit to be shown; taken while the film runs. */
async function pictureDesk(): Promise<void> {
  for (const name of ['Ada Lovelace', 'Grace Hopper', 'Alan Kay'])
    await browser.openPage(`${stage.server.url}/#/room/lesson?name=${encodeURIComponent(name)}&auto=1&source=test`);
  const page = await browser.openPage(`${stage.server.url}/#/mix/lesson`);
  await people(page).getByText('Alan Kay', { exact: true }).waitFor();
  await page.getByRole('combobox', { name: 'Frame rate' }).selectOption('15');
  await button(page, 'Speaker').click();
  await button(page, 'Grace Hopper large').click();
  await button(page, 'Start the film').click();
  await badge(page, 'LIVE').waitFor();
  await expect.poll(() => page.getByRole('timer').textContent(), WAIT).toMatch(/0:(0[7-9]|1)/);
  await page.locator('.film-panel .file').waitFor();
  await page.mouse.move(640, 790);
  await page.screenshot({ path: SCREENSHOT });
}

/** Presses play in a player that waits for it. */
async function play(video: Locator): Promise<void> {
  await video.evaluate((element) => (element as unknown as { play(): Promise<void> }).play());
  await untilPlayed(video, 0.5);
}

/** The width of the newest picture taken, 0 before there is one. */
async function pictureWidth(page: Page): Promise<number> {
  const picture = page.locator('.studio-stage .snap img').first();
  if ((await picture.count()) === 0) return 0;
  return picture.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth);
}
