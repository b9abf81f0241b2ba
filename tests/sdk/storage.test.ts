// The storage of local recordings in a real Chromium: what a crash leaves, what a full disk leaves, who replaces whom.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyseFile } from '@roomtape/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { encodeFilm, type FilmPackets } from './container-packets.ts';
import { openPartSite, type PartSite } from './part-site.ts';
import type { RunInPage } from './run-in-page.ts';
import { openStoragePage, sentPackets } from './storage-page.ts';

type Stored = { readonly id: string; readonly filePath: string; readonly durationMs?: number; readonly bytes: number };
type Outcome = { readonly id: string; readonly error?: string; readonly name?: string; readonly bytes?: string };

const folder = mkdtempSync(join(tmpdir(), 'roomtape-stored-'));
let site: PartSite;
let browser: TestBrowser;
let film: FilmPackets;

beforeAll(async () => {
  film = encodeFilm(4);
  [site, browser] = await Promise.all([openPartSite('storage'), launchBrowser()]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
  rmSync(folder, { recursive: true, force: true });
}, 30_000);

function save(name: string, base64: string | undefined): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.from(base64 ?? '', 'base64'));
  return path;
}

type Order = { filePath: string; ifExists?: string; untilUs?: number; endUs?: number; untilFull?: boolean };

/** Records the film in a worker of the page. */
function record(run: RunInPage, { filePath, ifExists = 'overwrite', untilUs = 4e6, ...rest }: Order) {
  const container = filePath.slice(filePath.lastIndexOf('.') + 1);
  const tracks = container === 'aac' ? { audio: film.audio } : { video: film.video, audio: film.audio };
  const packets = sentPackets(film, untilUs);
  return run<Outcome>(
    `const { file, ...rest } = await storage.record(argument);
     return file === undefined ? rest : { ...rest, name: file.name, bytes: await toBase64(file) };`,
    { recording: { filePath, container, ifExists, ...tracks }, packets, ...rest },
  );
}

it('gives back what a crashed tab recorded, and leaves alone what another tab is recording', async () => {
  const [doomed, other] = await Promise.all([openStoragePage(site, browser), openStoragePage(site, browser)]);
  await record(other.run, { filePath: 'lesson.mp4', endUs: 4_000_000 });
  const suffixes = ['mp4', 'flv', 'aac'];
  await Promise.all(suffixes.map((s) => record(doomed.run, { filePath: `lesson.${s}`, untilUs: 3_300_000 })));

  expect(await other.run('return await store.listUnfinishedRecordings()')).toEqual([]);
  const [first] = await other.run<Stored[]>('return await store.listFinished()');
  expect(first).toMatchObject({ filePath: 'lesson.mp4', durationMs: 4000 });

  const session = await doomed.page.context().newCDPSession(doomed.page);
  const crashed = new Promise((resolve) => doomed.page.once('crash', resolve));
  session.send('Page.crash').catch(() => undefined);
  await crashed;
  const left = await until(() => other.run<Stored[]>('return await store.listUnfinishedRecordings()'), 3);
  expect(left.map((row) => row.filePath).sort()).toEqual(['lesson.aac', 'lesson.flv', 'lesson.mp4']);

  for (const { id, filePath } of left) {
    const recovered = await other.run<{ name: string; bytes: string; again: number }>(
      `const file = await store.recoverRecording(argument);
       const again = await store.recoverRecording(argument);
       return { name: file.name, bytes: await toBase64(file), again: again.size };`,
      id,
    );
    const path = save(recovered.name, recovered.bytes);
    const video = filePath.endsWith('aac') ? 'forbidden' : 'required';
    const expected = { video, audio: 'required', endSkewMsMax: 600, durationSkewMsMax: 10_000 } as const;
    const lastMs = analyseFile(path, expected).durationMs;

    expect(analyseFile(path, expected).faults).toEqual([]);
    if (video === 'required') expect(lastMs).toBeGreaterThan(3300 - 600);
    expect(recovered.again).toBe(Buffer.from(recovered.bytes, 'base64').length);
  }
  const finished = await other.run<Stored[]>('return await store.listFinished()');
  // What crashed replaced nothing.
  expect(finished.map((row) => row.filePath).sort()).toEqual([
    'lesson (1).mp4',
    'lesson.aac',
    'lesson.flv',
    'lesson.mp4',
  ]);
  expect(await other.run('return await store.listUnfinishedRecordings()')).toEqual([]);
});

it('keeps the film up to where the storage was full, and says so at once', async () => {
  const { page, run } = await openStoragePage(site, browser);
  const session = await page.context().newCDPSession(page);
  const used = await run<number>('return (await navigator.storage.estimate()).usage');
  await session.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: used + 10_000_000 });
  const outcome = await record(run, { filePath: 'full.mp4', untilFull: true });
  await session.send('Storage.overrideQuotaForOrigin', { origin: site.url });

  expect(outcome.error).toBe('RECORD_STORAGE_FULL');
  const path = save('full.mp4', outcome.bytes);
  const { faults, durationMs } = analyseFile(path, { video: 'required', audio: 'required', endSkewMsMax: 700 });
  // The same four seconds again and again: counters jump back where they begin anew.
  expect(faults.filter(({ code }) => ['DECODE_ERROR', 'DURATION_SKEW', 'END_SKEW'].includes(code))).toEqual([]);
  expect(durationMs).toBeGreaterThan(8000);
  const left = await run<Stored[]>('return await store.listUnfinishedRecordings()');
  expect(left).toEqual([]);
});

it('replaces, refuses or renames by what was asked, and only once the new one is finished', async () => {
  const { run } = await openStoragePage(site, browser);
  const paths = async () => (await run<Stored[]>('return await store.listFinished()')).map((row) => row.filePath);
  await record(run, { filePath: 'a/film.mp4', endUs: 2_000_000 });
  const refused = await record(run, { filePath: 'a/film.mp4', ifExists: 'fail', endUs: 1_000_000 });
  const renamed = await record(run, { filePath: 'a/film.mp4', ifExists: 'rename', endUs: 1_000_000 });
  await record(run, { filePath: 'a/film.mp4', endUs: 3_000_000 });

  expect(refused.error).toBe('RECORD_FILE_EXISTS');
  expect(renamed.name).toBe('film (1).mp4');
  expect((await paths()).filter((path) => path.startsWith('a/')).sort()).toEqual(['a/film (1).mp4', 'a/film.mp4']);
  const rows = await run<Stored[]>('return await store.listFinished()');
  expect(rows.find((row) => row.filePath === 'a/film.mp4')?.durationMs).toBe(3000);

  await run(`for (const { id } of await store.listFinished()) await store.deleteRecording(id)`);
  expect(await paths()).toEqual([]);
  await expect(run(`await store.openFile('rec_none')`)).rejects.toThrow('RECORD_OPEN_FAILED');
  await expect(run(`await store.recoverRecording('../x')`)).rejects.toThrow('RECORD_OPEN_FAILED');
});

it('plays and seeks in the page with the right duration at once', async () => {
  const { run } = await openStoragePage(site, browser);
  const seen = await run<{ duration: number; at: number; type: string }>(
    `const { file } = await storage.record(argument);
     const video = document.createElement('video');
     video.src = URL.createObjectURL(file);
     await new Promise((resolve, reject) => { video.onloadedmetadata = resolve; video.onerror = () => reject(video.error); });
     const { duration } = video;
     video.currentTime = 3.2;
     await new Promise((resolve) => { video.onseeked = resolve; });
     return { duration, at: video.currentTime, type: file.type };`,
    {
      recording: { filePath: 'x.mp4', container: 'mp4', ifExists: 'overwrite', video: film.video, audio: film.audio },
      packets: sentPackets(film, 4e6),
      endUs: 3_890_000,
    },
  );

  expect(seen.duration).toBeCloseTo(3.89, 2);
  expect(seen).toMatchObject({ at: 3.2, type: 'video/mp4' });
});

it('records FLV that mpegts.js plays and seeks, by a player of somebody else', async () => {
  const { page, run } = await openStoragePage(site, browser);
  const { bytes } = await record(run, { filePath: 'played.flv', endUs: 4_000_000 });
  writeFileSync(join(site.folder, 'played.flv'), Buffer.from(bytes ?? '', 'base64'));
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('mpegts.js/dist/mpegts.js') });
  const seen = await run<{ duration: number; at: number; frames: number; error: string }>(
    `let error = '';
     const video = document.body.appendChild(document.createElement('video'));
     video.muted = true;
     const player = mpegts.createPlayer({ type: 'flv', url: location.origin + '/played.flv' }, { enableWorker: false });
     player.on(mpegts.Events.ERROR, (...facts) => { error = facts.join(' '); });
     player.attachMediaElement(video);
     player.load();
     await Promise.race([
       new Promise((resolve) => { video.oncanplay = resolve; }),
       new Promise((resolve) => setTimeout(resolve, 8000)),
     ]);
     const { duration } = video;
     video.currentTime = 2.6;
     await Promise.race([
       new Promise((resolve) => { video.onseeked = resolve; }),
       new Promise((resolve) => setTimeout(resolve, 8000)),
     ]);
     await video.play();
     while (video.currentTime < 3.2 && error === '') await new Promise((resolve) => setTimeout(resolve, 50));
     const { totalVideoFrames: frames } = video.getVideoPlaybackQuality();
     const at = video.currentTime;
     player.destroy();
     return { duration, at, frames, error };`,
  );

  expect(seen.error).toBe('');
  expect(seen.duration).toBeCloseTo(4, 1);
  expect(seen.at).toBeGreaterThan(3.1);
  expect(seen.frames).toBeGreaterThan(5);
});

it('takes raw sound from a page, and recovers it', async () => {
  const { run } = await openStoragePage(site, browser);
  const written = await run<{ text: string; left: number; recovered: number[] }>(
    `const pcm = { filePath: 'sound.pcm', container: 'pcm', ifExists: 'overwrite', pcm: { sampleRate: 16000, channels: 1 } };
     const whole = await store.create(pcm);
     whole.file.write(new TextEncoder().encode('abcdef'), 0);
     whole.file.write(new TextEncoder().encode('XY'), 2);
     const file = await whole.finish(1000);
     const kept = await store.create({ ...pcm, filePath: 'kept.wav', container: 'wav' });
     kept.file.write(new Uint8Array(80 + 64000), 0);
     await kept.keep();
     const [left] = await store.listUnfinishedRecordings();
     const recovered = await store.recoverRecording(left.id);
     const header = new DataView(await recovered.arrayBuffer());
     return { text: await file.text(), left: left.bytes, recovered: [header.getUint32(4, true), header.getUint32(76, true)] };`,
  );

  expect(written).toEqual({ text: 'abXYef', left: 64_080, recovered: [64_072, 64_000] });
});

/** What a lock of a dead tab frees takes a moment. */
async function until<T>(read: () => Promise<T[]>, count: number): Promise<T[]> {
  for (let attempt = 0; ; attempt += 1) {
    const rows = await read();
    if (rows.length >= count || attempt > 50) return rows;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
