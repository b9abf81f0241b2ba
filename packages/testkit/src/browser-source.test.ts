import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { expect, it } from 'vitest';
import { analyseFile } from './analyse-file.ts';
import { browserSourceScript } from './browser-source.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
/** What a browser's own recorder and a busy machine add; the network path is judged elsewhere. */
const OFFSET_MS_MAX = 80;

it('is seen and heard the same when a real browser plays it', { timeout: 40_000 }, async () => {
  const args = ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'];
  const browser = await chromium.launch({ executablePath: CHROMIUM ?? 'chromium', args });
  const folder = mkdtempSync(join(tmpdir(), 'roomtape-browser-'));
  try {
    const page = await browser.newPage();
    const source = browserSourceScript({ name: 'ada', participantIndex: 6, width: 320, height: 180, fps: 20 });
    const bytes = await page.evaluate<number[]>(`(async () => {
      const stream = await ${source};
      const recorder = new MediaRecorder(stream, { mimeType: 'video/webm;codecs=vp8,opus' });
      const parts = [];
      recorder.ondataavailable = (event) => parts.push(event.data);
      const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
      recorder.start();
      await new Promise((resolve) => window.setTimeout(resolve, 5000));
      recorder.stop();
      await stopped;
      return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
    })()`);
    const path = join(folder, 'browser.webm');
    writeFileSync(path, Uint8Array.from(bytes));

    const analysis = analyseFile(path);

    expect(analysis.participants).toEqual([6]);
    expect(analysis.video?.counter.unreadable).toBe(0);
    expect(analysis.offset?.count).toBeGreaterThanOrEqual(3);
    expect(Math.abs(analysis.offset?.meanMs ?? 999)).toBeLessThan(OFFSET_MS_MAX);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
