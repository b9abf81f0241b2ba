// A real UDP relay on loopback that loses, delays and reorders datagrams both ways, for peers that are other
// processes (Chromium, native clients). Clients talk to its port instead of the server's; the two functions at
// the end point an SDP exchange at it.

import { createSocket, type Socket } from 'node:dgram';
import { assert, type Clock, type Ids } from '@roomtape/media';
import { createFakePipe, type FakePipe } from './fake-network.ts';
import type { PacketCounts, PacketFaults } from './packet-faults.ts';

/** Where a relay forwards to and what it does on the way. */
export type UdpRelayOptions = {
  readonly clock: Clock;
  readonly ids: Ids;
  /** The server's UDP port on `host`. */
  readonly serverPort: number;
  /** A loopback address; `127.0.0.1` when absent. */
  readonly host?: string;
  readonly toServer?: PacketFaults;
  readonly toClient?: PacketFaults;
  /** Sees every datagram of a client on its way in, before any fault; owns the bytes. */
  readonly onToServer?: (datagram: Uint8Array) => void;
};

/** A running relay. */
export interface UdpRelay {
  /** The port clients send to. */
  readonly port: number;
  readonly countsToServer: PacketCounts;
  readonly countsToClient: PacketCounts;
  setFaults(faults: { toServer?: PacketFaults; toClient?: PacketFaults }): void;
  /** Sends a datagram to the server as the first client, as somebody on the path could; resolves when it left. */
  inject(datagram: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Clients remembered at once; each costs a socket. */
const CLIENTS_MAX = 256;

type Client = { readonly socket: Socket; readonly port: number; readonly address: string };

/** Opens a relay on a free port; every client gets a port of its own towards the server, as behind a NAT. */
export async function createUdpRelay(options: UdpRelayOptions): Promise<UdpRelay> {
  const relay = new LossyRelay(options);
  await relay.open();
  return relay;
}

class LossyRelay implements UdpRelay {
  readonly #options: UdpRelayOptions;
  readonly #host: string;
  readonly #front = createSocket('udp4');
  readonly #clients = new Map<string, Client>();
  readonly #toServer: FakePipe;
  readonly #toClient: FakePipe;
  /** The pipes carry bytes only; who they are for travels beside them, in the first four bytes. */
  readonly #clientList: Client[] = [];
  #isClosed = false;

  constructor(options: UdpRelayOptions) {
    this.#options = options;
    this.#host = options.host ?? '127.0.0.1';
    const { clock, ids } = options;
    this.#toServer = createFakePipe({
      clock,
      ids,
      faults: options.toServer ?? {},
      deliver: (packet) => this.#addressed(packet, (client, body) => this.#sendToServer(client, body)),
    });
    this.#toClient = createFakePipe({
      clock,
      ids,
      faults: options.toClient ?? {},
      deliver: (packet) => this.#addressed(packet, (client, body) => this.#sendToClient(client, body)),
    });
  }

  get port(): number {
    return this.#front.address().port;
  }

  get countsToServer(): PacketCounts {
    return this.#toServer.counts;
  }

  get countsToClient(): PacketCounts {
    return this.#toClient.counts;
  }

  async open(): Promise<void> {
    this.#front.on('message', (message, from) => {
      this.#options.onToServer?.(Uint8Array.from(message));
      const index = this.#indexOf(from.address, from.port);
      if (index !== undefined) this.#toServer.send(withAddress(index, message));
    });
    await bind(this.#front, this.#host);
  }

  setFaults(faults: { toServer?: PacketFaults; toClient?: PacketFaults }): void {
    if (faults.toServer !== undefined) this.#toServer.setFaults(faults.toServer);
    if (faults.toClient !== undefined) this.#toClient.setFaults(faults.toClient);
  }

  inject(datagram: Uint8Array): Promise<void> {
    const [first] = this.#clientList;
    assert(first !== undefined, 'a client spoke before something is sent in its name');
    const { serverPort } = this.#options;
    return new Promise((resolve) => first.socket.send(datagram, serverPort, this.#host, () => resolve()));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#toServer.close();
    this.#toClient.close();
    const sockets = [this.#front, ...this.#clientList.map((client) => client.socket)];
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  #indexOf(address: string, port: number): number | undefined {
    const key = `${address}:${port}`;
    const known = this.#clients.get(key);
    if (known !== undefined) return this.#clientList.indexOf(known);
    if (this.#clientList.length >= CLIENTS_MAX) return undefined;
    const index = this.#clientList.length;
    const socket = createSocket('udp4');
    socket.on('message', (message) => this.#toClient.send(withAddress(index, message)));
    // An ICMP "port unreachable" must not end the process: a server that is gone is what tests are about.
    socket.on('error', () => undefined);
    socket.bind(0, this.#host);
    const client = { socket, port, address };
    this.#clients.set(key, client);
    this.#clientList.push(client);
    return index;
  }

  #addressed(packet: Uint8Array, act: (client: Client, body: Uint8Array) => void): void {
    const client = this.#clientList[new DataView(packet.buffer, packet.byteOffset).getUint32(0)];
    assert(client !== undefined, 'a relayed packet names a known client');
    if (!this.#isClosed) act(client, packet.subarray(4));
  }

  #sendToServer(client: Client, body: Uint8Array): void {
    client.socket.send(body, this.#options.serverPort, this.#host, () => undefined);
  }

  #sendToClient(client: Client, body: Uint8Array): void {
    this.#front.send(body, client.port, client.address, () => undefined);
  }
}

/** Removes the ICE candidates of an SDP, so that the peer learns our address only from our packets. */
export function withoutCandidates(sdp: string): string {
  return sdp.replace(/^a=(candidate:.*|end-of-candidates)\r?\n/gm, '');
}

/** Points every UDP candidate of an SDP at the relay and drops the TCP ones. */
export function throughRelay(sdp: string, relay: { host?: string; port: number }): string {
  const host = relay.host ?? '127.0.0.1';
  const kept = sdp.replace(/^a=candidate:\S+ \d+ tcp .*\r?\n/gim, '');
  return kept.replace(/^(a=candidate:\S+ \d+ udp \d+ )\S+ \d+ /gim, `$1${host} ${relay.port} `);
}

function withAddress(index: number, body: Uint8Array): Uint8Array {
  const packet = new Uint8Array(4 + body.length);
  new DataView(packet.buffer).setUint32(0, index);
  packet.set(body, 4);
  return packet;
}

function bind(socket: Socket, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, host, () => {
      socket.removeListener('error', reject);
      socket.on('error', () => undefined);
      resolve();
    });
  });
}
