import { describe, expect, it } from 'vitest';
import { AudioGraph } from '../audio/audio-graph.ts';
import { FakeDevices, FakeEnvironment, fakeTrack, settle } from '../testing/fake-environment.ts';
import { ChannelCapture } from './channel-capture.ts';

function setUp() {
  const environment = new FakeEnvironment();
  const devices = new FakeDevices();
  environment.mediaDevices = devices as unknown as MediaDevices;
  const ended: string[] = [];
  const capture = new ChannelCapture({
    channel: 'main',
    environment,
    graph: new AudioGraph({ createContext: () => assertNever() }),
    onEnded: (kind) => ended.push(kind),
  });
  const changes: string[] = [];
  capture.onChange(() =>
    changes.push(
      capture.mediaStream
        .getTracks()
        .map((track) => track.kind)
        .join(),
    ),
  );
  return { capture, devices, ended, changes };
}

function assertNever(): never {
  throw new Error('no sound is processed while nothing is mixed in');
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

describe('ChannelCapture', () => {
  it('opens a camera unless told otherwise, once for everybody who asks', async () => {
    const { capture, devices, changes } = setUp();

    await Promise.all([capture.open(undefined), capture.open(undefined)]);
    await capture.open(undefined);

    expect(devices.asked).toHaveLength(1);
    expect(capture.mediaStream.getTracks()).toEqual([capture.audioTrack, capture.videoTrack]);
    expect(changes.at(-1)).toBe('audio,video');
  });

  it('closes the devices when the last user lets go, and never tracks it was given', async () => {
    const { capture } = setUp();
    const own = fakeTrack('audio');
    capture.use('preview');
    capture.use('record');
    await capture.open({ kind: 'camera' });
    const camera = capture.videoTrack;

    capture.release('preview');
    expect(camera?.readyState).toBe('live');
    await capture.open({ kind: 'custom', audioTrack: own });
    expect(camera?.readyState).toBe('ended');
    capture.release('record');

    expect(own.readyState).toBe('live');
    expect(capture.isOpen).toBe(false);
    expect(capture.mediaStream.getTracks()).toEqual([]);
  });

  it('keeps the old tracks until the new ones are there, and when there are none', async () => {
    const { capture, devices } = setUp();
    await capture.open({ kind: 'camera' });
    const { videoTrack } = capture;
    devices.isOpen = false;

    const opening = codeOf(capture.useCamera('other'));
    await settle();
    expect(capture.videoTrack).toBe(videoTrack);
    devices.waiting[0]?.refuse('NotFoundError');

    expect(await opening).toBe('DEVICE_NOT_FOUND');
    expect(capture.videoTrack).toBe(videoTrack);
    expect(videoTrack?.readyState).toBe('live');
  });

  it('switches one device and leaves the other alone', async () => {
    const { capture, devices } = setUp();
    await capture.open({ kind: 'camera' });
    const { audioTrack, videoTrack } = capture;

    await capture.useCamera('c2');

    expect(devices.asked.at(-1)).toMatchObject({ audio: false, video: { deviceId: { exact: 'c2' } } });
    expect(capture.audioTrack).toBe(audioTrack);
    expect(videoTrack?.readyState).toBe('ended');
  });

  it('remembers devices that were chosen while it was closed', async () => {
    const { capture, devices } = setUp();

    await capture.useCamera('c2');
    await capture.useMicrophone('m2');
    expect(devices.asked).toEqual([]);
    await capture.open(undefined);

    expect(devices.asked[0]).toMatchObject({
      audio: { deviceId: { exact: 'm2' } },
      video: { deviceId: { exact: 'c2' } },
    });
  });

  it('takes the device that was chosen while the user was still asked for another', async () => {
    const { capture, devices } = setUp();
    devices.isOpen = false;
    const opening = capture.open(undefined);
    const choosing = capture.useCamera('c2');
    await settle();
    devices.isOpen = true;
    devices.waiting[0]?.give();

    await Promise.all([opening, choosing]);

    expect(devices.asked.at(-1)).toMatchObject({ video: { deviceId: { exact: 'c2' } } });
  });

  it('gives up a device that comes too late, and stops it', async () => {
    const { capture, devices } = setUp();
    devices.isOpen = false;
    const first = codeOf(capture.open({ kind: 'camera' }));
    const second = codeOf(capture.open({ kind: 'camera', microphone: false }));
    await settle();

    devices.waiting[0]?.give();
    devices.waiting[1]?.give();

    expect(await Promise.all([first, second])).toEqual(['CANCELLED', 'done']);
    expect(capture.audioTrack).toBeUndefined();
    const third = codeOf(capture.open({ kind: 'camera' }));
    await settle();
    capture.close();
    devices.waiting[2]?.give();
    expect(await third).toBe('CANCELLED');
    expect(capture.isOpen).toBe(false);
  });

  it('opens anew after it was closed while opening', async () => {
    const { capture, devices } = setUp();
    devices.isOpen = false;
    const first = codeOf(capture.open(undefined));
    capture.close();
    const second = codeOf(capture.open(undefined));
    await settle();

    for (const device of devices.waiting) device.give();

    expect(await Promise.all([first, second])).toEqual(['CANCELLED', 'done']);
  });

  it('says when a device goes, and not when it was asked to', async () => {
    const { capture, ended } = setUp();
    await capture.open({ kind: 'camera' });
    const { audioTrack, videoTrack } = capture;

    audioTrack?.dispatchEvent(new Event('ended'));
    capture.close();
    videoTrack?.dispatchEvent(new Event('ended'));

    expect(ended).toEqual(['audio']);
  });

  it('opens again what ended', async () => {
    const { capture, devices } = setUp();
    await capture.open({ kind: 'camera', microphone: false });
    capture.videoTrack?.stop();

    await capture.open(undefined);

    expect(devices.asked).toHaveLength(2);
    expect(devices.asked[1]).toMatchObject({ audio: false });
    expect(capture.videoTrack?.readyState).toBe('live');
  });

  it('mutes cameras, not what follows them', async () => {
    const { capture } = setUp();
    capture.switchCameraOff('audio', true);
    await capture.open({ kind: 'camera' });
    expect(capture.audioTrack?.enabled).toBe(false);

    await capture.open({ kind: 'custom', audioTrack: fakeTrack('audio') });
    expect([capture.audioTrack?.enabled, capture.isMuted('audio')]).toEqual([true, false]);
    capture.switchOff('audio', true);
    expect(capture.audioTrack?.enabled).toBe(false);
    await capture.open({ kind: 'camera' });
    capture.switchCameraOff('audio', false);

    expect(capture.audioTrack?.enabled).toBe(true);
  });

  it('keeps a mute across devices', async () => {
    const { capture } = setUp();
    await capture.open({ kind: 'camera' });

    capture.switchOff('audio', true);
    await capture.useMicrophone('m2');

    expect([capture.audioTrack?.enabled, capture.videoTrack?.enabled]).toEqual([false, true]);
    expect([capture.isMuted('audio'), capture.isMuted('video')]).toEqual([true, false]);
  });
});
