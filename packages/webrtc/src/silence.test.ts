import { writeRtcp } from '@roomtape/rtp';
import { afterEach, describe, expect, it } from 'vitest';
import { PlaneHarness } from './testing/plane-harness.ts';

let harness: PlaneHarness;
afterEach(() => harness.close());

const KEY = { roomId: 'room', streamId: 'stream' };

async function publish() {
  harness = new PlaneHarness();
  const client = await harness.publish();
  harness.clock.advance(2000);
  return client;
}

/** When and why the session was closed, in seconds from now on; looked at for a while. */
function closedWithin(seconds: number): { reason: string; afterMs: number } | undefined {
  const from = harness.clock.now();
  harness.clock.advance(seconds * 1000);
  const closed = harness.events.find((event) => event.kind === 'session-closed');
  return closed?.kind === 'session-closed'
    ? { reason: closed.reason, afterMs: Math.round((closed.at - from) / 1000) }
    : undefined;
}

describe('a publisher of whom nothing is heard', () => {
  it('counts as gone after seven seconds when it vanished in the midst of sending', async () => {
    const { publisher } = await publish();
    publisher.stop();
    const closed = closedWithin(20);
    expect(closed?.reason).toBe('silence');
    expect(closed?.afterMs).toBeGreaterThan(6500);
    expect(closed?.afterMs).toBeLessThanOrEqual(7600);
  });

  it('is there while it sends nothing but reports', async () => {
    const { publisher } = await publish();
    publisher.stop();
    const cancel = harness.clock.every(5000, () => publisher.sendReports());
    expect(closedWithin(120)).toBeUndefined();
    cancel();
  });

  it('may be silent for a minute after it said goodbye for its tracks', async () => {
    const { publisher, transport } = await publish();
    publisher.stop();
    const ssrcs = [publisher.audioSsrc, ...publisher.layers.map((layer) => layer.ssrc)];
    transport.send(writeRtcp([{ kind: 'goodbye', ssrcs }]));
    expect(closedWithin(50)).toBeUndefined();
    expect(closedWithin(20)?.reason).toBe('silence');
  });

  it('may be silent for a minute while all it sends is muted', async () => {
    const { publisher } = await publish();
    harness.plane.setMuted(KEY, 'audio', true);
    harness.plane.setMuted(KEY, 'video', true);
    publisher.stop();
    expect(closedWithin(50)).toBeUndefined();
  });

  it('is not blamed for time in which this process did nothing', async () => {
    const { publisher } = await publish();
    publisher.stop();
    harness.clock.stall(20_000);
    const cancel = harness.clock.every(1000, () => publisher.sendReports());
    expect(closedWithin(5)).toBeUndefined();
    cancel();
  });
});
