// How long a libdatachannel client takes from its offer to connected media, by the DTLS role we answer with; and how
// soon a client killed in the midst of sending counts as gone. `node packages/webrtc/bench/connect.ts [connections]`.

import { fork } from 'node:child_process';
import { createSystemClock, createSystemIds, silentLog } from '@roomtape/media';
import { createMediaPlane, createNativeTransportFactory, type MediaEvent, type MediaPlane } from '@roomtape/webrtc';
import { readTransportDescription } from '../src/synthetic-sdp.ts';
import { TestPublisher } from '../src/testing/test-publisher.ts';

const clock = createSystemClock({ keepAlive: true });
const ids = createSystemIds();
const address = '127.0.0.1';
const factory = await createNativeTransportFactory({ address, port: 0, clock, log: silentLog });
if (process.argv[2] === 'publisher') await publishUntilKilled();
else await measure(Number(process.argv[2] ?? 20));

async function measure(connections: number): Promise<void> {
  const client = await createNativeTransportFactory({ address, port: 0, clock, log: silentLog });
  for (const role of ['active', 'passive'] as const) {
    const times: number[] = [];
    for (let i = 0; i < connections; i += 1) times.push(await connectOnce(client, role));
    times.sort((a, b) => a - b);
    const [median, slowest] = [times[times.length >> 1], times.at(-1)];
    console.log(
      `answering setup:${role}: median ${median?.toFixed(0)} ms, slowest ${slowest?.toFixed(0)} ms of ${times.length}`,
    );
  }
  await client.close();
  const events: MediaEvent[] = [];
  const onEvent = (event: MediaEvent): void => void events.push(event);
  const plane = createMediaPlane({ transports: factory, clock, ids, log: silentLog, onEvent });
  console.log(`killed publisher: ${await vanish(plane, events)}`);
  await plane.close();
  await factory.close();
  process.exit(0);
}

/** Connects and closes; ms from the offer to both sides connected. */
async function connectOnce(client: typeof factory, role: 'active' | 'passive'): Promise<number> {
  const both: Promise<void>[] = [];
  const handlers = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    both.push(promise);
    return { onPacket: () => {}, onState: (state: string) => state === 'connected' && resolve() };
  };
  const startedAt = clock.now();
  const offering = await client.offer(handlers());
  // The offerer that insists on being active makes us passive; one that leaves the choice finds us active.
  const setup = role === 'active' ? 'actpass' : 'active';
  const answering = await factory.accept({ ...offering.local, setup }, handlers());
  offering.setRemote(answering.local);
  await Promise.all(both);
  const ms = (clock.now() - startedAt) / 1000;
  offering.close();
  answering.close();
  return ms;
}

async function vanish(plane: MediaPlane, events: MediaEvent[]): Promise<string> {
  const child = fork(import.meta.filename, ['publisher']);
  const answered = new Promise<void>((resolve) => {
    child.on('message', async (offerSdp: string) => {
      const request = { roomId: 'r', streamId: 's', userId: 'u', sessionId: 'x', kind: 'publish', offerSdp } as const;
      child.send((await plane.openSession(request)).answerSdp);
      resolve();
    });
  });
  await answered;
  await sleep(3000);
  child.kill('SIGKILL');
  const killedAt = clock.now();
  for (;;) {
    await sleep(50);
    const closed = events.find((event) => event.kind === 'session-closed');
    if (closed?.kind === 'session-closed')
      return `${closed.reason} after ${((closed.at - killedAt) / 1e6).toFixed(2)} s`;
    if (clock.now() - killedAt > 120e6) return 'still open after 120 s';
  }
}

async function publishUntilKilled(): Promise<void> {
  const transport = await factory.offer({ onPacket: () => {}, onState: () => {} });
  const publisher = new TestPublisher({ clock, ids, send: (packet) => void transport.send(packet) });
  process.on('message', (answerSdp: string) => {
    const remote = readTransportDescription(answerSdp);
    if (remote !== undefined) transport.setRemote(remote);
    publisher.start();
  });
  process.send?.(publisher.offer(transport.local));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}
