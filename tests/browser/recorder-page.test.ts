// The recorder page, as a person uses it: channels recorded at once, paused, stopped, played; a recording that a
// reload cut off is recovered; what goes wrong is said. With the server's own policy.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyseFile } from '@roomtape/testkit';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toneWav } from '../../packages/sdk/src/audio/testing/tone-wav.ts';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { launchBrowser, type TestBrowser } from './chromium.ts';
import { readVideo, untilPicture } from './picture.ts';

/** The picture in the README; made anew by `UPDATE_IMAGES=1 npx vitest run tests/browser/recorder-page`. */
const SCREENSHOT = join(import.meta.dirname, '..', '..', 'docs', 'images', 'recorder.png');
const isPicturing = process.env.UPDATE_IMAGES === '1';
/** A machine that also does other work. */
const PATIENCE_MS = 30_000;

let server: ServerProcess;
let browser: TestBrowser;
let folder: string;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServerProcess(), launchBrowser()]);
  folder = await mkdtemp(join(tmpdir(), 'roomtape-recorder-page-'));
}, 60_000);

afterEach(() => browser.closePages());

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const openRecorder = (): Promise<Page> => browser.openPage(`${server.url}/#/recorder`);
const preview = (page: Page) => page.locator('.studio-preview video');
const library = (page: Page) => page.getByRole('region', { name: 'Recordings in this browser' });
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
const select = (page: Page, name: string) => page.getByRole('combobox', { name, exact: true });
const figure = (page: Page, name: string) => page.locator('.transport .figure', { hasText: name }).locator('dd');

/** Chooses a channel and what it shows. */
async function choose(page: Page, channel: string, source: string): Promise<void> {
  await page.getByRole('tab', { name: new RegExp(`^${channel}`) }).click();
  await select(page, 'Source').selectOption({ label: source });
  await untilPicture(preview(page));
}

async function untilRecorded(page: Page, pattern: RegExp): Promise<void> {
  await expect.poll(() => page.getByRole('timer').textContent(), { timeout: PATIENCE_MS }).toMatch(pattern);
}

async function play(page: Page, name: string, seconds: number): Promise<number> {
  await button(page, `Play ${name}`).click();
  const video = page.locator('.library .player video');
  await expect
    .poll(async () => (await readVideo(video)).currentTime, { timeout: PATIENCE_MS })
    .toBeGreaterThanOrEqual(seconds);
  const { duration } = await readVideo(video);
  await button(page, `Close ${name}`).click();
  return duration;
}

describe('recorder page', { timeout: 90_000 }, () => {
  it('records an MP4 and an FLV at once, pauses one, and plays both', async () => {
    const page = await openRecorder();
    await untilPicture(preview(page));
    await choose(page, 'Aux', isPicturing ? 'Test picture' : 'Flash and beep');
    await select(page, 'Format').selectOption('flv');
    await choose(page, 'Main', isPicturing ? 'Test picture' : 'Flash and beep');

    if (isPicturing) await preparePicture(page);
    await button(page, 'Record all 2').click();
    await untilRecorded(page, isPicturing ? /0:0[6-9]/ : /0:0[1-9]/);
    if (isPicturing) await takePicture(page);
    await button(page, 'Pause').click();
    await page.getByText('goes on where it stopped').waitFor();
    await button(page, 'Resume').click();
    await untilRecorded(page, /0:(0[3-9]|1)/);
    expect(await figure(page, 'Size').textContent()).toMatch(/[kM]B$/);
    expect(Number.parseFloat((await figure(page, 'Frame rate').textContent()) ?? '')).toBeGreaterThan(0);
    await button(page, 'Stop all 2').click();

    const [mp4, flv] = [await play(page, 'main-recording.mp4', 1), await play(page, 'aux-recording.flv', 1)];
    expect(mp4).toBeGreaterThan(2.5);
    expect(flv).toBeGreaterThanOrEqual(mp4 - 0.5);
    const { seconds } = analyseFile(await downloaded(page, 'aux-recording.flv'));
    const whole = seconds.filter(({ flash, beep }) => flash?.isPresent === true && beep?.isPresent === true);
    if (!isPicturing) expect(whole.length).toBeGreaterThanOrEqual(2);
    expect(browser.complaints).toEqual([]);
  });

  it('offers what a reload cut off, and recovers it', async () => {
    const page = await openRecorder();
    await choose(page, 'Main', 'Flash and beep');
    await page.getByLabel('File name').fill('lessons/cut-off');
    await button(page, 'Record').click();
    await untilRecorded(page, /0:0[2-9]/);

    const asked = page.waitForEvent('dialog').then(async (dialog) => {
      await dialog.accept();
      return dialog.type();
    });
    await page.reload();
    expect(await asked).toBe('beforeunload');
    await button(page, 'Recover lessons/cut-off.mp4').click();
    await button(page, 'Play lessons/cut-off.mp4').waitFor();

    expect(await button(page, /^Recover/).count()).toBe(0);
    expect(await play(page, 'lessons/cut-off.mp4', 0.5)).toBeGreaterThan(1);
    await button(page, 'Delete lessons/cut-off.mp4').click();
    await button(page, 'Really delete lessons/cut-off.mp4').click();
    await button(page, 'Play lessons/cut-off.mp4').waitFor({ state: 'detached' });
    expect(browser.complaints).toEqual([]);
  });

  it('records sound alone, and says what cannot be done and why', async () => {
    const page = await openRecorder();
    await choose(page, 'Main', 'Flash and beep');
    await select(page, 'Format').selectOption('aac');
    await page.getByLabel('File name').fill('voice');
    await select(page, 'If the name is taken').selectOption('fail');
    await button(page, 'Record').click();
    await button(page, 'Chime').click();
    await untilRecorded(page, /0:0[1-9]/);
    await button(page, 'Stop').click();
    await page.getByText('voice.aac is finished').waitFor();
    expect(await page.getByRole('alert').allTextContents()).toEqual(['', '', '', '']);

    await button(page, 'Record').click();
    await page.getByRole('alert').getByText('A recording of that path exists').waitFor();
    await page.getByLabel('File name').fill('../voice');
    await button(page, 'Record').click();
    await page.getByRole('alert').getByText('The file path names no file').waitFor();

    expect(await play(page, 'voice.aac', 0.5)).toBeGreaterThan(0.5);
    expect(await library(page).locator('.file').count()).toBeGreaterThan(0);
    expect(await page.getByText('H.265 pictures').last().textContent()).toMatch(/yes|no\. Use H\.264/);
    expect(browser.complaints).toEqual([]);
  });

  it('records a channel while it is live, with music in it, and uploads the file', async () => {
    const page = await openRecorder();
    await choose(page, 'Main', 'Flash and beep');
    await page.getByRole('textbox', { name: 'Room' }).fill('studio');
    await button(page, 'Join').click();
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.getByLabel('Send this channel live').check();
    await select(page, 'When it is finished').selectOption('upload');
    const music = { name: 'song.wav', mimeType: 'audio/wav', buffer: await song() };
    await page.getByLabel('Choose music').setInputFiles(music);
    await button(page, 'Play music').click();
    await button(page, 'Record').click();
    await untilRecorded(page, /0:0[1-9]/);
    await page.getByLabel('Send this channel live').uncheck();
    await untilRecorded(page, /0:0[2-9]/);
    await button(page, 'Stop').click();
    await page.getByText('It was uploaded').waitFor();

    expect(await page.getByRole('alert').allTextContents()).toEqual(['', '', '', '']);
    await page.goto(`${server.url}/#/recordings`);
    await page.getByText(/^studio/).waitFor();
    expect(await page.locator('.file').textContent()).toContain('H.264 640×360 · AAC');
    expect(browser.complaints).toEqual([]);
  });
});

/** Five seconds of a quiet tone. */
async function song(): Promise<Buffer> {
  return Buffer.from(await toneWav(440, 0.09, 5).arrayBuffer());
}

/** Something in every part of the page. */
async function preparePicture(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.getByLabel('File name').fill('rehearsal');
  await button(page, 'Record').click();
  await untilRecorded(page, /0:0[4-9]/);
  await button(page, 'Stop').click();
  await button(page, 'Play rehearsal.mp4').waitFor();
  await page.getByLabel('File name').fill('main-recording');
}

/** While the test voice speaks, so that the meter shows something. */
async function takePicture(page: Page): Promise<void> {
  const meter = page.locator('.studio-preview .meter');
  const level = async (): Promise<number> => Number(/[\d.]+/.exec((await meter.getAttribute('style')) ?? '')?.[0]);
  await expect.poll(level, { timeout: PATIENCE_MS }).toBeGreaterThan(0.4);
  await page.screenshot({ path: SCREENSHOT });
}

async function downloaded(page: Page, name: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, `Download ${name}`).click()]);
  const path = join(folder, name);
  await download.saveAs(path);
  return path;
}
