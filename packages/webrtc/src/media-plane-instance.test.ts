import { createSeededIds } from '@roomtape/media';
import type { FrameEntry, TapeEntry } from '@roomtape/tape';
import { afterEach, describe, expect, it } from 'vitest';
import { type HarnessOptions, PlaneHarness, type TestClient } from './testing/plane-harness.ts';

let harness: PlaneHarness;
const setUp = (options: HarnessOptions = {}): PlaneHarness => {
  harness = new PlaneHarness(options);
  return harness;
};
afterEach(() => harness.close());

const ofKind = <K extends TapeEntry['kind']>(entries: readonly TapeEntry[], kind: K) =>
  entries.filter((entry): entry is Extract<TapeEntry, { kind: K }> => entry.kind === kind);
const trackOf = (entries: readonly TapeEntry[], mediaKind: 'audio' | 'video') =>
  ofKind(entries, 'track-added').filter((track) => track.mediaKind === mediaKind);
const framesOf = (entries: readonly TapeEntry[], trackId: number | undefined): FrameEntry[] =>
  ofKind(entries, 'frame').filter((frame) => frame.trackId === trackId);

/** Which of the sent frames a taped one is; -1 for one that was never sent. */
const numberOf = (client: TestClient, frame: FrameEntry): number =>
  client.publisher.frames.findIndex((sent) => Buffer.from(sent.data).equals(frame.data));

describe('publishing onto a tape', () => {
  it('tapes every frame as it was sent, video from a keyframe, with configuration and sender clocks', async () => {
    const h = setUp();
    const client = await h.publish();
    h.clock.advance(3000);
    await h.tape();
    h.clock.advance(3000);
    const entries = await h.entries();
    expect(entries[0]).toMatchObject({ kind: 'tape-opened', tapeId: 'tape', userId: 'user' });
    const [video] = trackOf(entries, 'video');
    const [audio] = trackOf(entries, 'audio');
    expect(video).toMatchObject({ codec: 'h264', clockRate: 90000 });
    expect(audio).toMatchObject({ codec: 'opus', clockRate: 48000, channels: 2 });
    expect(ofKind(entries, 'config-changed')).toContainEqual(
      expect.objectContaining({ codecString: 'avc1.42c01e', width: 640, height: 360 }),
    );
    const frames = framesOf(entries, video?.trackId);
    expect(frames[0]?.type).toBe('key');
    const numbers = frames.map((frame) => numberOf(client, frame));
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    expect(frames.length).toBeGreaterThan(85);
    expect(framesOf(entries, audio?.trackId).length).toBeGreaterThan(145);
    expect(ofKind(entries, 'gap')).toEqual([]);
    const anchors = ofKind(entries, 'clock-anchor');
    expect(anchors.filter((anchor) => anchor.trackId === video?.trackId).length).toBeGreaterThanOrEqual(3);
    // The reports known before the tape began stand at its head.
    expect(entries.findIndex((entry) => entry.kind === 'clock-anchor')).toBeLessThan(8);
    expect(h.events).toContainEqual(expect.objectContaining({ kind: 'tape-started', tapeId: 'tape' }));
  });

  it('tells connection and tracks', async () => {
    const h = setUp();
    await h.publish();
    await h.tape();
    h.clock.advance(500);
    expect(h.events.map((event) => event.kind)).toEqual(
      expect.arrayContaining(['session-connected', 'tracks-changed', 'tape-started']),
    );
    expect(h.events.findLast((event) => event.kind === 'tracks-changed')).toMatchObject({
      tracks: expect.arrayContaining([{ kind: 'video', codec: 'h264', width: 640, height: 360 }]),
    });
  });

  it('asks for a keyframe when a tape starts and has one within 300 ms', async () => {
    const h = setUp({ toServer: { delayMs: 40 }, toClient: { delayMs: 40 } });
    await h.publish();
    h.clock.advance(5000);
    const startedAt = h.clock.now();
    await h.tape();
    h.clock.advance(1000);
    const [first] = ofKind(await h.entries(), 'frame').filter(
      (frame) => frame.trackId === 2 || frame.data.length > 200,
    );
    expect(first?.type).toBe('key');
    expect((first?.arrivedAt ?? 0) - startedAt).toBeLessThan(300_000);
  });

  it.each([
    [1, 0.02],
    [2, 0.05],
    [3, 0.05],
    [4, 0.1],
  ])('recovers or counts every loss (seed %i, loss %d) and tapes no undecodable frame', async (seed, lossRate) => {
    const faults = { lossRate, delayMs: 20, jitterMs: 10, reorderRate: 0.01 };
    const h = setUp({ seed, toServer: faults, toClient: faults });
    const client = await h.publish();
    await h.tape();
    h.clock.advance(20_000);
    client.publisher.stop();
    h.clock.advance(2000);
    const entries = await h.entries();
    const [video] = trackOf(entries, 'video');
    const numbers = framesOf(entries, video?.trackId).map((frame) => ({ number: numberOf(client, frame), ...frame }));
    expect(numbers[0]?.type).toBe('key');
    let missing = 0;
    numbers.forEach((frame, index) => {
      const before = numbers[index - 1];
      expect(frame.number).toBeGreaterThanOrEqual(0);
      if (before === undefined) return;
      expect(frame.pts).toBeGreaterThan(before.pts);
      // After a missing frame, only a keyframe can be decoded.
      if (frame.number !== before.number + 1) expect(frame.type).toBe('key');
      missing += frame.number - before.number - 1;
    });
    const gaps = ofKind(entries, 'gap').filter((gap) => gap.trackId === video?.trackId);
    if (missing > 0) expect(gaps.length).toBeGreaterThan(0);
    else expect(gaps).toEqual([]);
    expect(missing).toBeLessThan(client.publisher.frames.length * 0.1);
    const audio = framesOf(entries, trackOf(entries, 'audio')[0]?.trackId).length;
    const audioLost = ofKind(entries, 'gap')
      .filter((gap) => gap.trackId !== video?.trackId)
      .reduce((sum, gap) => sum + (gap.packetsLost ?? 0), 0);
    // Packets lost before the first and after the last one that arrived cannot be known.
    expect(Math.abs(client.publisher.audioFrames - audio - audioLost)).toBeLessThanOrEqual(4);
    expect(client.publisher.feedback.nack).toBeGreaterThan(0);
    expect(client.publisher.feedback['transport-feedback']).toBeGreaterThan(200);
  });

  it('continues a tape when the stream is published again, with new tracks and a gap', async () => {
    const h = setUp();
    await h.tape();
    const first = await h.publish();
    h.clock.advance(2000);
    h.plane.closeSession(first.sessionId, 'client-closed');
    first.publisher.stop();
    h.clock.advance(3000);
    await h.publish();
    h.clock.advance(2000);
    const entries = await h.entries();
    expect(trackOf(entries, 'video').map((track) => track.trackId).length).toBe(2);
    expect(new Set(ofKind(entries, 'track-added').map((track) => track.trackId)).size).toBe(4);
    expect(ofKind(entries, 'track-ended').map((end) => end.reason)).toEqual(['client-closed', 'client-closed']);
    const [gap] = ofKind(entries, 'gap');
    expect(gap).toMatchObject({ reason: 'reconnect' });
    expect((gap?.toAt ?? 0) - (gap?.fromAt ?? 0)).toBeGreaterThan(2_900_000);
  });

  it('continues the tape of a process that died', async () => {
    const h = setUp();
    await h.tape();
    await h.publish();
    h.clock.advance(1000);
    await h.entries();
    await h.plane.close();
    const again = new PlaneHarness({ seed: 5 });
    try {
      again.clock.advance(60_000);
      await again.plane.startTape({
        roomId: 'room',
        streamId: 'stream',
        userId: 'user',
        tapeId: 'tape',
        directory: `${h.directory}/tape`,
      });
      await again.publish();
      again.clock.advance(1000);
      await again.plane.flushTape('tape');
      const entries = h.read();
      expect(ofKind(entries, 'gap').map((gap) => gap.reason)).toContain('process-restart');
      expect(Math.max(...ofKind(entries, 'track-added').map((track) => track.trackId))).toBe(4);
    } finally {
      await again.close();
    }
  });

  it('keeps nothing while paused and goes on at a keyframe', async () => {
    const h = setUp();
    await h.publish();
    await h.tape();
    h.clock.advance(1000);
    h.plane.setTapePaused('tape', true);
    h.clock.advance(2000);
    h.plane.setTapePaused('tape', false);
    h.clock.advance(1000);
    const entries = await h.entries();
    const from = entries.findIndex((entry) => entry.kind === 'paused');
    const to = entries.findIndex((entry) => entry.kind === 'resumed');
    expect(entries.slice(from, to).filter((entry) => entry.kind === 'frame')).toEqual([]);
    const video = trackOf(entries, 'video')[0]?.trackId;
    expect(framesOf(entries.slice(to), video)[0]?.type).toBe('key');
    expect(ofKind(entries, 'gap')).toEqual([]);
  });

  it('notes mutes, also of tracks that come later, and seals', async () => {
    const h = setUp();
    await h.tape();
    await h.publish();
    h.plane.setMuted({ roomId: 'room', streamId: 'stream' }, 'audio', true);
    h.clock.advance(500);
    h.plane.setMuted({ roomId: 'room', streamId: 'stream' }, 'audio', false);
    const position = await h.plane.stopTape('tape', 'stopped');
    const entries = h.read();
    expect(entries.map((entry) => entry.kind)).toEqual(expect.arrayContaining(['muted', 'unmuted']));
    expect(entries.at(-1)).toMatchObject({ kind: 'tape-sealed', reason: 'stopped' });
    expect(position.sequence).toBe(entries.length - 1);
    await expect(h.plane.flushTape('tape')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('survives an ICE restart with the same tracks', async () => {
    const h = setUp();
    const client = await h.publish();
    await h.tape();
    h.clock.advance(1000);
    const next = await h.transports.offer({ onPacket: (p) => client.publisher.receive(p), onState: () => {} });
    const fragment = `a=ice-ufrag:${next.local.iceUfrag}\r\na=ice-pwd:${next.local.icePwd}\r\n`;
    const { sessionId } = client;
    await expect(h.plane.patchSession({ sessionId, ifMatch: undefined, fragment })).rejects.toMatchObject({
      code: 'PRECONDITION_REQUIRED',
    });
    await expect(h.plane.patchSession({ sessionId, ifMatch: '"other"', fragment })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
    const patched = await h.plane.patchSession({ sessionId, ifMatch: '*', fragment });
    expect(patched).toMatchObject({ kind: 'restarted', fragment: expect.stringContaining('a=ice-ufrag:') });
    h.clock.advance(10);
    client.transport = next;
    h.clock.advance(2000);
    const entries = await h.entries();
    expect(trackOf(entries, 'video').length).toBe(1);
    expect(framesOf(entries, trackOf(entries, 'video')[0]?.trackId).length).toBeGreaterThan(80);
    expect(h.events.filter((event) => event.kind === 'session-connected').length).toBe(1);
    expect(h.transports.openCount).toBe(2);
  });

  it('records the best simulcast layer and changes it at keyframes, on one clock', async () => {
    const h = setUp();
    const layers = [
      { rid: 'q', frameBytes: 400 },
      { rid: 'h', frameBytes: 1200 },
      { rid: 'f', frameBytes: 4000 },
    ];
    await h.tape();
    const client = await h.publish({}, { codec: 'vp8', layers });
    for (const layer of client.publisher.layers) layer.paused = layer.rid !== 'q';
    h.clock.advance(4000);
    for (const layer of client.publisher.layers) layer.paused = false;
    h.clock.advance(6000);
    for (const layer of client.publisher.layers) layer.paused = layer.rid === 'f';
    h.clock.advance(4000);
    const entries = await h.entries();
    const [video, ...others] = trackOf(entries, 'video');
    expect(others).toEqual([]);
    const widths = ofKind(entries, 'config-changed').flatMap((config) => config.width ?? []);
    expect(widths).toEqual([400, 4000, 1200]);
    const frames = framesOf(entries, video?.trackId);
    frames.forEach((frame, index) => {
      const step = frame.pts - (frames[index - 1]?.pts ?? frame.pts - 3000);
      expect(step).toBeGreaterThan(0);
      // A dead layer is noticed after a second; otherwise no frame is missing.
      expect(step).toBeLessThan(2 * 90_000);
    });
    expect(
      frames.filter((frame, i) => frame.pts - (frames[i - 1]?.pts ?? frame.pts) > 9000).length,
    ).toBeLessThanOrEqual(1);
  });
});

describe('sessions', () => {
  it('lets the newest session of the same user win and refuses another user', async () => {
    const h = setUp();
    await h.publish({ sessionId: 'one' });
    await expect(h.open({ userId: 'stranger' })).rejects.toMatchObject({ code: 'STREAM_TAKEN' });
    await h.publish({ sessionId: 'two' });
    expect(h.events).toContainEqual(
      expect.objectContaining({ kind: 'session-closed', sessionId: 'one', reason: 'replaced' }),
    );
    h.plane.closeSession('two', 'done');
    h.plane.closeSession('two', 'done');
    await h.publish({ userId: 'stranger' });
    expect(h.plane.describe()).toMatchObject({ sessions: [{ userId: 'stranger' }] });
  });

  it.each([
    ['a stream nobody publishes', { kind: 'play' as const }, 'STREAM_NOT_FOUND'],
    ['an offer that is none', { kind: 'publish' as const, offerSdp: 'x' }, 'INVALID_SDP'],
  ])('refuses %s', async (_, request, code) => {
    const h = setUp();
    await expect(h.open(request)).rejects.toMatchObject({ name: 'RoomtapeError', code });
    expect(h.plane.describe()).toEqual({ sessions: [], streams: [], tapes: [] });
  });

  it('refuses sessions and tapes beyond its limits', async () => {
    const h = setUp({ limits: { sessionsMax: 1, tapesMax: 1 } });
    await h.publish();
    await expect(h.open({ streamId: 'other' })).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    await h.tape('one');
    await expect(h.tape('two')).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
  });

  it('closes sessions that never connect, and those whose peer is lost', async () => {
    const h = setUp();
    const client = await h.publish({ sessionId: 'lost' });
    client.publisher.stop();
    client.transport.peer?.become('disconnected');
    const unknown = client.publisher.offer({ ...client.transport.local, iceUfrag: 'nobody' });
    await h.plane.openSession({
      roomId: 'r',
      streamId: 's',
      userId: 'u',
      sessionId: 'never',
      kind: 'publish',
      offerSdp: unknown,
    });
    h.clock.advance(20_000);
    const closed = h.events.flatMap((event) =>
      event.kind === 'session-closed' ? [[event.sessionId, event.reason]] : [],
    );
    expect(closed).toEqual([
      ['lost', 'connection-lost'],
      ['never', 'connect-timeout'],
    ]);
    expect(h.transports.openCount).toBe(0);
  });

  it('closes a session whose peer says goodbye', async () => {
    const h = setUp();
    const client = await h.publish();
    client.publisher.stop();
    client.transport.close();
    expect(h.events.at(-1)).toMatchObject({ kind: 'session-closed', reason: 'peer-closed' });
  });

  it('closes a session that sends from more sources than anybody has', async () => {
    const h = setUp({ limits: { sourcesMax: 50 } });
    const client = await h.publish();
    h.clock.advance(1000);
    for (let ssrc = 0; ssrc < 50; ssrc += 1) {
      client.transport.send(Uint8Array.of(0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, ssrc, 1, 2, 3));
    }
    expect(h.events.at(-1)).toMatchObject({ kind: 'session-closed', reason: 'too-many-sources' });
  });

  it('takes 100,000 mutated packets without an error or growth', async () => {
    // Changed bytes are mostly another source's: the limit on those, which has its own test, would end this at once.
    const h = setUp({ seed: 7, limits: { sourcesMax: 200_000 } });
    const sent: Uint8Array[] = [];
    const client = await h.open({ kind: 'publish' });
    h.clock.advance(10);
    const record = client.transport.send.bind(client.transport);
    client.transport.send = (packet) => {
      if (sent.length < 400) sent.push(packet.slice());
      return record(packet);
    };
    await h.tape();
    client.publisher.start();
    h.clock.advance(3000);
    client.publisher.stop();
    const ids = createSeededIds(99);
    for (let i = 0; i < 100_000; i += 1) {
      record(mutate(sent[ids.uint32() % sent.length] ?? new Uint8Array(12), ids.uint32.bind(ids)));
      if (i % 1000 === 0) h.clock.advance(20);
    }
    const described = JSON.stringify(h.plane.describe());
    expect(described.length).toBeLessThan(30_000);
    expect(h.events.filter((event) => event.kind === 'session-closed')).toEqual([]);
    const entries = await h.entries();
    expect(ofKind(entries, 'track-added').length).toBeLessThan(40);
  }, 60_000);
});

function mutate(packet: Uint8Array, random: () => number): Uint8Array {
  const size = random() % 10 === 0 ? random() % (packet.length + 1) : packet.length;
  const mutated = packet.slice(0, size);
  for (let n = random() % 6; n > 0 && size > 0; n -= 1) {
    // Mostly headers, where the lengths and numbers are.
    const at = random() % (random() % 2 === 0 ? Math.min(size, 40) : size);
    mutated[at] = random();
  }
  return mutated;
}
