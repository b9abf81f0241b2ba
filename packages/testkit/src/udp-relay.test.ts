import { createSocket, type Socket } from 'node:dgram';
import { createSeededIds, createSystemClock } from '@roomtape/media';
import { afterEach, describe, expect, it } from 'vitest';
import { createUdpRelay, throughRelay, type UdpRelay, withoutCandidates } from './udp-relay.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  open.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return socket;
}

async function echoThroughRelay(
  lossRate: number,
  onToServer?: (datagram: Uint8Array) => void,
): Promise<{ relay: UdpRelay; client: Socket }> {
  const server = await bound();
  server.on('message', (message, from) => server.send(message, from.port, from.address));
  const relay = await createUdpRelay({
    ...(onToServer === undefined ? {} : { onToServer }),
    clock: createSystemClock({ keepAlive: true }),
    ids: createSeededIds(1),
    serverPort: server.address().port,
    toServer: { lossRate },
  });
  open.push(() => relay.close());
  return { relay, client: await bound() };
}

describe('UDP relay', () => {
  it('carries datagrams to the server and back', async () => {
    const { relay, client } = await echoThroughRelay(0);
    const answer = new Promise<string>((resolve) => client.once('message', (message) => resolve(message.toString())));

    client.send('hello', relay.port, '127.0.0.1');

    expect(await answer).toBe('hello');
  });

  it('shows what clients send, and sends in their name', async () => {
    const seen: string[] = [];
    const { relay, client } = await echoThroughRelay(0, (datagram) => seen.push(new TextDecoder().decode(datagram)));
    const answers: string[] = [];
    client.on('message', (message) => answers.push(message.toString()));
    client.send('hello', relay.port, '127.0.0.1');
    await expect.poll(() => answers).toEqual(['hello']);

    await relay.inject(new TextEncoder().encode('forged'));

    await expect.poll(() => answers).toEqual(['hello', 'forged']);
    expect(seen).toEqual(['hello']);
  });

  it('loses what it is told to lose and counts it', async () => {
    const { relay, client } = await echoThroughRelay(1);
    client.send('lost', relay.port, '127.0.0.1');
    await expect.poll(() => relay.countsToServer.lost).toBe(1);
    const answer = new Promise<string>((resolve) => client.once('message', (message) => resolve(message.toString())));

    relay.setFaults({ toServer: {} });
    client.send('kept', relay.port, '127.0.0.1');

    expect(await answer).toBe('kept');
  });

  it('rewrites an SDP so that the only way is through the relay', () => {
    const sdp = [
      'a=ice-ufrag:x',
      'a=candidate:1 1 UDP 2122317823 127.0.0.1 50000 typ host',
      'a=candidate:2 1 tcp 1518 127.0.0.1 7443 typ host tcptype passive',
      'a=end-of-candidates',
      '',
    ].join('\r\n');

    expect(throughRelay(sdp, { port: 9 })).toBe(
      'a=ice-ufrag:x\r\na=candidate:1 1 UDP 2122317823 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n',
    );
    expect(withoutCandidates(sdp)).toBe('a=ice-ufrag:x\r\n');
  });
});
