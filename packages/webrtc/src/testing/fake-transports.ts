// Transports that live in one process: the seam's double for tests. Both ends are linked by ICE user names, and
// packets travel through pipes with seeded faults on a fake clock.

import type { Clock, Ids } from '@roomtape/media';
import { createFakePipe, type FakePipe, type PacketFaults } from '@roomtape/testkit';
import type {
  RtcTransport,
  RtcTransportFactory,
  TransportDescription,
  TransportHandlers,
  TransportState,
} from '../transport.ts';

/** Faults of the network between clients and server. */
export type FakeTransportsOptions = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly toServer?: PacketFaults;
  readonly toClient?: PacketFaults;
};

/** A network of one server factory and any number of clients. */
export class FakeTransports implements RtcTransportFactory {
  readonly #options: FakeTransportsOptions;
  readonly #ends = new Map<string, FakeTransport>();

  constructor(options: FakeTransportsOptions) {
    this.#options = options;
  }

  /** Transports not closed. */
  get openCount(): number {
    return [...this.#ends.values()].filter((end) => end.state !== 'closed').length;
  }

  async accept(remote: TransportDescription, handlers: TransportHandlers): Promise<RtcTransport> {
    const server = this.#make(handlers, 'passive', this.#options.toClient);
    const client = this.#ends.get(remote.iceUfrag);
    if (client !== undefined) link(client, server, this.#options.clock);
    return server;
  }

  async offer(handlers: TransportHandlers): Promise<FakeTransport> {
    return this.#make(handlers, 'actpass', this.#options.toServer);
  }

  async close(): Promise<void> {
    for (const end of this.#ends.values()) end.close();
  }

  #make(handlers: TransportHandlers, setup: 'passive' | 'actpass', faults: PacketFaults = {}): FakeTransport {
    const { clock, ids } = this.#options;
    const iceUfrag = ids.next('u').slice(0, 10).replace('_', 'x');
    const local: TransportDescription = {
      iceUfrag,
      icePwd: 'abcdefghijklmnopqrstuvwx',
      fingerprint: `sha-256 ${new Array(32).fill('AB').join(':')}`,
      setup,
      candidates: [],
    };
    const end: FakeTransport = new FakeTransport(local, handlers, (peer) =>
      createFakePipe({ clock, ids, faults, deliver: (packet) => peer.deliver(packet) }),
    );
    this.#ends.set(iceUfrag, end);
    return end;
  }
}

/** One end of a linked pair. */
export class FakeTransport implements RtcTransport {
  readonly local: TransportDescription;
  state: TransportState = 'connecting';
  peer: FakeTransport | undefined;
  pipe: FakePipe | undefined;
  readonly #handlers: TransportHandlers;
  readonly #makePipe: (peer: FakeTransport) => FakePipe;

  constructor(local: TransportDescription, handlers: TransportHandlers, makePipe: (peer: FakeTransport) => FakePipe) {
    this.local = local;
    this.#handlers = handlers;
    this.#makePipe = makePipe;
  }

  setRemote(): void {}

  addCandidate(): void {}

  send(packet: Uint8Array): boolean {
    if (this.state !== 'connected') return false;
    this.pipe?.send(packet);
    return true;
  }

  deliver(packet: Uint8Array): void {
    if (this.state === 'connected') this.#handlers.onPacket(packet);
  }

  connect(peer: FakeTransport): void {
    if (this.state === 'closed') return;
    this.pipe = this.#makePipe(peer);
    this.become('connected');
  }

  become(state: TransportState): void {
    this.state = state;
    this.#handlers.onState(state);
  }

  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.pipe?.close();
    if (this.peer !== undefined && this.peer.state !== 'closed') this.peer.become('closed');
  }
}

function link(client: FakeTransport, server: FakeTransport, clock: Clock): void {
  client.peer = server;
  server.peer = client;
  clock.after(5, () => {
    server.connect(client);
    client.connect(server);
  });
}
