// The engine in a real Chromium, alone and in a room of the real server: what is previewed, published, played and
// recorded does not get in each other's way.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { openSdkPage, openSdkSite, type SdkSite } from './sdk-page.ts';

let server: ServerProcess;
let site: SdkSite;
let browser: TestBrowser;

beforeAll(async () => {
  [server, site, browser] = await Promise.all([startServerProcess(), openSdkSite(), launchBrowser()]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await server?.stop();
}, 30_000);

async function tokenOf(userId: string): Promise<string> {
  const answer = await fetch(`${server.url}/v1/rooms/demo/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ userId, grants: ['join', 'publish', 'play', 'record'] }),
  });
  return ((await answer.json()) as { token: string }).token;
}

/** Names of the files the server has as recordings of the room. */
async function uploadedNames(): Promise<string[]> {
  const answer = await fetch(`${server.url}/v1/recordings`, { headers: { authorization: `Bearer ${server.apiKey}` } });
  const { recordings } = (await answer.json()) as { recordings: { files: { name: string }[] }[] };
  return recordings.flatMap(({ files }) => files.map(({ name }) => name));
}

/** In the page: an engine, a clock to wait by, and what a recorded file is when a `<video>` opens it. */
const PAGE = `
  const engine = roomtape.createEngine({ server: 'http://127.0.0.1:9' });
  const states = [];
  engine.setDataRecordEventHandler({
    onCapturedDataRecordStateUpdate: ({ state, error }, channel) => states.push([channel, state, error?.code].join(' ').trim()),
  });
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const paint = (width, height, colour) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    const draw = () => { context.fillStyle = colour; context.fillRect(0, 0, width, height); requestAnimationFrame(draw); };
    draw();
    return canvas;
  };
  const open = async (file) => {
    const video = document.createElement('video');
    video.muted = true;
    video.src = URL.createObjectURL(file);
    await new Promise((resolve, reject) => { video.onloadeddata = resolve; video.onerror = () => reject(new Error('not played')); });
    return video;
  };
  const pixel = async (video, seconds) => {
    video.currentTime = seconds;
    await new Promise((resolve) => { video.onseeked = resolve; });
    const canvas = Object.assign(document.createElement('canvas'), { width: video.videoWidth, height: video.videoHeight });
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0);
    const at = (x, y) => { const [r, g, b] = context.getImageData(x, y, 1, 1).data; return r > 128 ? 'red' : g > 90 ? 'green' : b > 128 ? 'blue' : 'black'; };
    return { middle: at(canvas.width / 2, canvas.height / 2), edge: at(4, canvas.height / 2) };
  };
`;

it.concurrent('records a preview whose source changes, and keeps the devices until the recording ends', async () => {
  const { run } = await openSdkPage(site, browser);

  const film = await run<Record<string, unknown>>(`${PAGE}
    const element = document.body.appendChild(document.createElement('video'));
    const shown = await engine.startPreview({ video: element, source: { kind: 'camera' } });
    const camera = shown.getVideoTracks()[0];
    await engine.setCustomCapture('main', { canvas: paint(640, 360, 'red'), audioTrack: shown.getAudioTracks()[0].clone() });
    const cameraIsOff = camera.readyState;
    await engine.startRecordingCapturedData({ filePath: 'folder/lesson.mp4' });
    await wait(1200);
    await engine.setCustomCapture('main', { canvas: paint(360, 640, 'green') });
    await wait(1200);
    await engine.stopPreview();
    const openAfterPreview = shown.getVideoTracks()[0].readyState;
    const file = await engine.stopRecordingCapturedData();
    const video = await open(file);
    const looks = [await pixel(video, 0.5), await pixel(video, video.duration - 0.3)];
    return {
      cameraIsOff, openAfterPreview, closedAtEnd: shown.getTracks().length, states, looks, name: file.name, type: file.type,
      seconds: video.duration, width: video.videoWidth, height: video.videoHeight, element: element.srcObject,
    };
  `);

  expect(film).toMatchObject({
    cameraIsOff: 'ended',
    openAfterPreview: 'live',
    closedAtEnd: 0,
    states: ['main recording', 'main success'],
    looks: [
      { middle: 'red', edge: 'red' },
      { middle: 'green', edge: 'black' },
    ],
    name: 'lesson.mp4',
    width: 640,
    height: 360,
    element: null,
  });
  expect(film.seconds).toBeGreaterThan(2);
  expect(browser.complaints).toEqual([]);
});

it.concurrent('records both ends of a live stream while publishing, devices and the room come and go', async () => {
  const { run } = await openSdkPage(site, browser);
  const tokens = { ada: await tokenOf('ada'), bob: await tokenOf('bob') };

  const seen = await run<Record<string, unknown>>(
    `
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const until = async (what, isSo) => {
      for (let i = 0; i < 200; i++) { if (await isSo()) return; await wait(50); }
      throw new Error('never: ' + what);
    };
    const open = async (file) => {
      const video = Object.assign(document.createElement('video'), { src: URL.createObjectURL(file), muted: true });
      await new Promise((resolve, reject) => { video.onloadedmetadata = resolve; video.onerror = () => reject(new Error('not played')); });
      return video.duration;
    };
    const [ada, bob] = ['ada', 'bob'].map(() => roomtape.createEngine({ server: argument.url }));
    const told = [];
    ada.setDataRecordEventHandler({ onCapturedDataRecordStateUpdate: ({ state, error }, channel) => told.push(channel + ' ' + (error?.code ?? state)) });
    bob.setDataRecordEventHandler({ onRemoteDataRecordStateUpdate: ({ state, error }, stream) => told.push(stream + ' ' + (error?.code ?? state)) });
    const join = (engine, userId) => engine.loginRoom('demo', { token: argument.tokens[userId], userId, userName: userId });
    await Promise.all([join(ada, 'ada'), join(bob, 'bob')]);

    // A microphone only at first: the camera that comes later needs a new connection under the same stream id.
    await ada.startPreview({ source: { kind: 'camera', camera: false } });
    await ada.startPublishingStream('ada-main');
    await until('the stream is there', () => bob.streams.some((stream) => stream.streamId === 'ada-main' && stream.state === 'live'));
    await ada.startPreview({ source: 'camera' });
    await until('the picture is there', () => bob.streams.some((stream) => stream.tracks.some(({ kind }) => kind === 'video')));
    const element = document.body.appendChild(document.createElement('video'));
    element.muted = true;
    await bob.startPlayingStream('ada-main', { video: element });
    await until('the picture is shown', () => element.videoWidth > 0);
    ada.muteMicrophone(true);
    await until('the mute is told', () => bob.streams.some((stream) => stream.tracks.some(({ kind, muted }) => kind === 'audio' && muted)));
    ada.muteMicrophone(false);

    let startedAt = 0;
    await Promise.all([
      ada.startRecordingCapturedData({ filePath: 'ada.mp4', target: { kind: 'upload' } }).then(() => { startedAt = performance.now(); }),
      bob.startRecordingRemoteData('ada-main', { filePath: 'remote.mp4' }),
    ]);
    await wait(1000);
    await ada.stopPublishingStream();
    await until('the stream is gone', () => !bob.streams.some((stream) => stream.streamId === 'ada-main'));
    await until('the remote recording is finished', () => told.includes('ada-main success'));
    const remote = await bob.stopRecordingRemoteData('ada-main');
    const isStillRecording = told.filter((line) => line.startsWith('main')).join();
    const liveS = (performance.now() - startedAt) / 1000;
    await ada.logoutRoom();
    const captured = await ada.stopRecordingCapturedData();
    const codeOf = (call) => call.then(() => 'done', (error) => error.code);
    const codes = [await codeOf(ada.stopRecordingCapturedData()), await codeOf(bob.startRecordingRemoteData('ada-main', { filePath: 'x.mp4' }))];
    await Promise.all([ada.destroy(), bob.destroy()]);
    return { told, isStillRecording, codes, names: [remote.name, captured.name], remoteS: await open(remote), capturedS: await open(captured), liveS, shown: element.srcObject };
    `,
    { url: server.url, tokens },
  );

  expect(seen).toMatchObject({
    isStillRecording: 'main recording',
    codes: ['RECORD_NOT_RUNNING', 'WRONG_STATE'],
    names: ['remote.mp4', 'ada.mp4'],
    shown: null,
  });
  expect(seen.told).toEqual(
    expect.arrayContaining(['main recording', 'main success', 'ada-main recording', 'ada-main success']),
  );
  expect(await uploadedNames()).toEqual(['ada.mp4']);
  expect(seen.remoteS).toBeGreaterThan(0.5);
  // The end of the publication, in the middle, is no end of the recording.
  expect(Math.abs((seen.capturedS as number) - (seen.liveS as number))).toBeLessThan(0.4);
  expect(browser.complaints).toEqual([]);
});
