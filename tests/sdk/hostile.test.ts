// Pages that use the engine wrongly: made-up values in every place, calls in every order, twice, at once, after the
// end. Every call must end, with a value or with a typed error, and the engine must still work afterwards.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, type TestBrowser } from '../browser/chromium.ts';
import { openSdkPage, openSdkSite, type SdkSite } from './sdk-page.ts';

let site: SdkSite;
let browser: TestBrowser;

beforeAll(async () => {
  [site, browser] = await Promise.all([openSdkSite(), launchBrowser()]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await site?.close();
}, 30_000);

/** Every call of an engine but those that end it, and values nobody should pass. */
const HOSTILE = `
  const seed = argument.seed;
  let state = seed;
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = (list) => list[random(list.length)];
  const names = (object) => Object.getOwnPropertyNames(Object.getPrototypeOf(object))
    .filter((name) => name !== 'constructor' && typeof Object.getOwnPropertyDescriptor(Object.getPrototypeOf(object), name).value === 'function');
  const throwing = new Proxy({}, {
    get() { throw new Error('get'); }, has() { throw new Error('has'); }, ownKeys() { throw new Error('keys'); },
    getPrototypeOf() { throw new Error('prototype'); },
  });
  const revoked = (() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })();
  const getter = { get filePath() { throw new Error('path'); }, get channel() { throw new Error('channel'); }, get kind() { throw new Error('kind'); } };
  const long = 'x'.repeat(10_000_000);
  const absurd = [
    undefined, null, NaN, 1e9, -1, 0, '', 'main', 'fifth', '__proto__', true, false, [], {}, Symbol('s'), 10n, () => {}, throwing,
    revoked, getter, long, { filePath: 'a.mp4' }, { filePath: long }, { filePath: 5 }, { filePath: 'a.txt' }, { filePath: 'a.mp4', target: throwing },
    { filePath: 'a.mp4', width: NaN }, { filePath: 'a.mp4', framesPerSecond: 1e9 }, { channel: 'fifth' }, { video: {} }, { video: { srcObject: null, play: 1 } },
    { kind: 'custom' }, { canvas: { captureStream: () => { throw 5; } } }, { mediaStream: { getAudioTracks: () => 3, getVideoTracks: () => [null] } },
    { videoTrack: { kind: 'video' } }, { videoTrack: new Proxy({ kind: 'video' }, {}) }, { audioTrack: { kind: 'video' } }, { source: { kind: 'custom', mediaStream: new MediaStream() } },
    { source: 'sofa' }, { width: -5 }, { bitrateBps: Infinity }, { token: long, userId: 'u' }, { token: 't', userId: 'no spaces please' },
    { token: 't', userId: 'u', renewToken: 5 }, { token: 't', userId: 'u', renewToken: () => { throw new Error('renew'); } },
    { captured: 'yes' }, { captured: true }, { sampleRate: 1, channels: 7 }, { sampleRate: 48000, channels: 2, pull: () => long },
    { source: 'captured', filePath: 'a.wav' }, { source: {}, filePath: 'a.wav' }, { source: 'captured', filePath: '../../etc/passwd' }, { view: document.body },
  ];
  const unexpected = [];
  const judge = (call, error) => {
    if (error?.name !== 'RoomtapeClientError' || typeof error.code !== 'string' || error.code === 'UNEXPECTED') {
      unexpected.push(call + ': ' + String(error?.code ?? error) + ' ' + String(error?.cause ?? '').slice(0, 200));
    }
    return error?.code;
  };
  const pending = new Set();
  const invoke = (engine, name, given) => {
    const call = name + '(' + given.map((value) => describe(value)).join(', ') + ')';
    let answer;
    try {
      answer = engine[name](...given);
    } catch (error) {
      judge(call, error);
      return Promise.resolve();
    }
    if (typeof answer?.then !== 'function') return Promise.resolve();
    pending.add(call);
    return answer.then(() => undefined, (error) => judge(call, error)).finally(() => pending.delete(call));
  };
  const describe = (value) => {
    if (value === throwing) return 'throwing'; if (value === revoked) return 'revoked'; if (value === getter) return 'getter';
    if (typeof value === 'string') return "'" + value.slice(0, 20) + "'";
    if (typeof value !== 'object' || value === null) return String(value);
    return '{' + Object.keys(value).join() + '}';
  };
  const breath = () => new Promise((resolve) => setTimeout(resolve));
  const ended = async (calls) => Promise.race([Promise.all(calls).then(() => 'all'), new Promise((resolve) => setTimeout(resolve, argument.patienceMs, 'some hang'))]);
`;

it('loads in a page that has nothing but the SDK, and its errors reach the page with their codes', async () => {
  const { run } = await openSdkPage(site, browser);

  const client = `roomtape.createRoomtape({ server: 'http://127.0.0.1:1' })`;
  expect(await run<string>(`return ${client}.roomState`)).toBe('disconnected');
  await expect(run(`await ${client}.startPlayingStream('ada')`)).rejects.toThrow('NOT_LOGGED_IN');
  expect(browser.complaints).toEqual([]);
});

it('gives typed errors for made-up values, in every place of every call', async () => {
  const { run } = await openSdkPage(site, browser);

  const seen = await run<{ unexpected: string[]; end: string; pending: string[]; calls: number; works: string }>(
    `${HOSTILE}
    const engine = roomtape.createEngine({ server: 'http://127.0.0.1:9' });
    const methods = names(engine).filter((name) => name !== 'destroy');
    const calls = [];
    for (const name of methods) {
      for (const value of absurd) {
        calls.push(invoke(engine, name, [value]), invoke(engine, name, pick([[value, value], ['main', value], [value, 'main']])));
      }
      await breath();
    }
    const other = roomtape.createEngine({ server: 'http://127.0.0.1:9' });
    const players = [other.createMediaPlayer(), other.createAudioEffectPlayer(), await other.enableAudioMixing({ sampleRate: 48000, channels: 1 })];
    for (const player of players) {
      for (const name of names(player)) {
        // A text of megabytes is an address like any other, and slow to refuse.
        for (const value of absurd.filter((value) => value !== long)) calls.push(invoke(player, name, [value]), invoke(player, name, [1, value]));
        await breath();
      }
    }
    for (const value of [...absurd, { server: 5 }, { server: 'ftp://x' }, { server: 'http://' }, { server: 'http://x', iceServers: 5 }, { server: 'http://x', environment: 5 }]) {
      try { roomtape.createEngine(value).destroy(); } catch (error) { judge('createEngine', error); }
    }
    const end = await ended(calls);
    await Promise.all([engine.destroy(), other.destroy()]);
    return { unexpected: [...new Set(unexpected)].slice(0, 20), end, pending: [...pending], calls: calls.length, works: engine.roomState };
    `,
    { seed: 1, patienceMs: 10_000 },
  );

  expect(seen).toMatchObject({ unexpected: [], end: 'all', pending: [], works: 'disconnected' });
  expect(seen.calls).toBeGreaterThan(1000);
}, 60_000);

it('ends every call of pages that call in any order, at once, and after the end', async () => {
  const { run } = await openSdkPage(site, browser);

  const seen = await run<{ unexpected: string[]; ends: string[]; pending: string[]; codes: string[]; film: number }>(
    `${HOSTILE}
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const context = canvas.getContext('2d');
    setInterval(() => { context.fillStyle = 'hsl(' + performance.now() % 360 + ' 80% 50%)'; context.fillRect(0, 0, 320, 180); }, 33);
    const video = document.createElement('video');
    const channels = ['main', 'aux', 'third', 'fourth'];
    const ways = (path) => [
      ['startPreview', () => [{ channel: pick(channels), video: pick([video, undefined]), source: pick(['camera', undefined, { kind: 'custom', canvas }]) }]],
      ['startPreview', () => [{ channel: pick(channels) }]], ['stopPreview', () => [pick(channels)]], ['setCustomCapture', () => [pick(channels), { canvas }]],
      ['startRecordingCapturedData', () => [{ filePath: path + random(2) + pick(['.mp4', '.flv', '.aac', '.txt']), recordType: pick(['default', 'only-audio']) }, pick(channels)]],
      ['startRecordingCapturedData', () => [{ filePath: path + '.mp4' }]], ['stopRecordingCapturedData', () => [pick(channels)]],
      ['pauseRecordingCapturedData', () => [pick(channels)]], ['resumeRecordingCapturedData', () => [pick(channels)]],
      ['useCamera', () => [pick(['default', 'none such']), pick(channels)]], ['useMicrophone', () => [pick(['default', 'none such'])]],
      ['setVideoConfig', () => [{ width: pick([160, 640]), framesPerSecond: pick([5, 30]) }, pick(channels)]],
      ['muteMicrophone', () => [pick([true, false])]], ['enableCamera', () => [pick([true, false]), pick(channels)]],
      ['loginRoom', () => ['demo', { token: 't', userId: 'u' }]], ['logoutRoom', () => []],
      ['startPublishingStream', () => ['mine', { channel: pick(channels) }]], ['stopPublishingStream', () => [pick(channels)]],
      ['startPlayingStream', () => ['theirs']], ['stopPlayingStream', () => ['theirs']], ['startRecordingRemoteData', () => ['theirs', { filePath: 'r.mp4' }]],
      ['startAudioDataObserver', () => [{ captured: true, mixed: true }, { frameMs: pick([10, 20]) }]], ['stopAudioDataObserver', () => []],
      ['enableAudioMixing', () => [{ sampleRate: 48000, channels: 1 }]], ['createMediaPlayer', () => [{}]], ['createAudioEffectPlayer', () => []],
      ['listRecordings', () => []], ['listUnfinishedRecordings', () => []], ['enumerateDevices', () => []],
      ['enableAlignedAudioAuxData', () => [pick([true, false]), { frameMs: pick([10, 20]), channels: pick([1, 2]) }]],
      ['startAudioRecording', () => [{ source: 'captured', filePath: path + random(2) + '.wav' }]],
      ['openRecording', () => [path]], ['recoverRecording', () => [path]], ['deleteRecording', () => [path]], ['deleteUnfinishedRecording', () => [path]],
      ['stopRecordingRemoteData', () => ['theirs']], ['isFeatureSupported', () => [pick(['h265', 'aac'])]],
      ['setDataRecordEventHandler', () => [pick([undefined, {}])]], ['setAudioDataHandler', () => [{ onCapturedAudioData: () => { throw 1; } }]],
      ['destroyPlayer', () => [{}]], ['disableAudioMixing', () => [{}]], ['on', () => ['devices-changed', () => {}]],
    ];
    const visit = async (index) => {
      const engine = roomtape.createEngine({ server: 'http://127.0.0.1:9' });
      const list = ways('visit' + index);
      const left = names(engine).filter((name) => name !== 'destroy' && !list.some(([known]) => known === name));
      if (left.length > 0) throw new Error('never called: ' + left.join());
      const calls = [];
      for (let i = 0; i < argument.calls; i++) {
        const [name, given] = pick(list);
        calls.push(invoke(engine, name, given()));
        if (random(4) === 0) await new Promise((resolve) => setTimeout(resolve, random(60)));
      }
      const destroyed = [engine.destroy(), engine.destroy()];
      const late = await Promise.all(names(engine).filter((name) => name !== 'destroy').map(async (name) => {
        try { await engine[name]('main', {}); return name + ' worked'; } catch (error) { return error.code; }
      }));
      return { end: await ended([...calls, ...destroyed]), late };
    };
    const visits = await Promise.all(Array.from({ length: argument.visits }, (_, index) => visit(index)));
    // After all of this, another engine of the same page works as if nothing had been.
    const engine = roomtape.createEngine({ server: 'http://127.0.0.1:9' });
    await engine.setCustomCapture('main', { canvas });
    await engine.startRecordingCapturedData({ filePath: 'after.mp4' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const film = (await engine.stopRecordingCapturedData()).size;
    await engine.destroy();
    return {
      unexpected: [...new Set(unexpected)].slice(0, 20), ends: visits.map(({ end }) => end), pending: [...pending],
      codes: [...new Set(visits.flatMap(({ late }) => late))], film,
    };
    `,
    { seed: 20_261_122, visits: 5, calls: 60, patienceMs: 15_000 },
  );

  expect(seen).toMatchObject({ unexpected: [], pending: [], codes: ['ENGINE_DESTROYED'] });
  expect(new Set(seen.ends)).toEqual(new Set(['all']));
  expect(seen.film).toBeGreaterThan(1000);
}, 60_000);
