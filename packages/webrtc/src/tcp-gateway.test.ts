import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createSystemClock, silentLog } from '@roomtape/media';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameSplitter, frameForTcp } from './tcp-framing.ts';
import { TcpGateway } from './tcp-gateway.ts';

const STUN = new Uint8Array([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...new Array(12).fill(7)]);

describe('FrameSplitter', () => {
  it('restores packets however the stream is cut', () => {
    const packets = [new Uint8Array([1]), new Uint8Array([2, 3, 4]), new Uint8Array(300).fill(9)];
    const stream = packets.flatMap((packet) => [...(frameForTcp(packet) ?? [])]);
    for (let step = 1; step < 12; step += 1) {
      const splitter = new FrameSplitter(400);
      const found: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += step) {
        splitter.push(new Uint8Array(stream.slice(at, at + step)), (packet) => found.push(packet.slice()));
      }
      expect(found).toEqual(packets);
    }
  });

  it('stops at a frame that is empty or longer than allowed', () => {
    expect(new FrameSplitter(10).push(new Uint8Array([0, 0, 1]), () => {})).toBe(false);
    const splitter = new FrameSplitter(10);
    expect(splitter.push(new Uint8Array([0, 11]), () => {})).toBe(false);
    expect(splitter.push(new Uint8Array([0, 1, 1]), () => {})).toBe(false);
  });
});

describe('TcpGateway', () => {
  let udp: Socket;
  let gateway: TcpGateway;

  beforeEach(async () => {
    udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    gateway = await TcpGateway.listen({
      address: '127.0.0.1',
      port: 0,
      udpAddress: '127.0.0.1',
      udpPort: udp.address().port,
      clock: createSystemClock(),
      log: silentLog,
      limits: { connectionsPerAddressMax: 2, frameBytesMax: 100, idleMs: 400 },
    });
  });

  afterEach(async () => {
    await gateway.close();
    udp.close();
  });

  const dial = async () => {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };

  it('carries packets both ways once the peer spoke STUN', async () => {
    const socket = await dial();
    const arrived = once(udp, 'message');
    socket.write(frameForTcp(STUN) ?? '');
    const [packet, from] = await arrived;
    expect(new Uint8Array(packet)).toEqual(STUN);
    const answer = once(socket, 'data');
    udp.send(new Uint8Array([1, 2, 3]), from.port, from.address);
    expect([...(await answer)[0]]).toEqual([0, 3, 1, 2, 3]);
    socket.destroy();
  });

  it.each([
    ['text of another protocol', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
    ['a frame that is too long', new Uint8Array([0, 200, 1])],
    ['a frame that is not STUN', new Uint8Array([0, 3, 1, 2, 3])],
  ])('closes a connection that sends %s', async (_, bytes) => {
    const socket = await dial();
    const closed = once(socket, 'close');
    socket.write(bytes);
    await closed;
    expect(gateway.describe()).toMatchObject({ connections: 0 });
  });

  it('refuses more connections of one address than allowed', async () => {
    const first = await dial();
    const second = await dial();
    const third = connect(gateway.port, '127.0.0.1');
    third.on('error', () => {});
    await once(third, 'close');
    expect(gateway.describe()).toMatchObject({ refused: 1 });
    first.destroy();
    second.destroy();
  });

  it('closes a connection that stays silent', async () => {
    const socket = await dial();
    await once(socket, 'close');
    expect(gateway.describe()).toMatchObject({ connections: 0 });
  });

  it('says that a port in use cannot be bound', async () => {
    const again = TcpGateway.listen({
      address: '127.0.0.1',
      port: gateway.port,
      udpAddress: '127.0.0.1',
      udpPort: 1,
      clock: createSystemClock(),
      log: silentLog,
    });
    await expect(again).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
  });
});
