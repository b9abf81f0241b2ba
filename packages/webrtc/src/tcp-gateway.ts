// ICE-TCP for peers whose UDP is blocked (RFC 6544, passive side): each TCP connection becomes a loopback UDP
// socket towards the shared media port, so that the transport library sees only UDP. It forwards nothing that
// does not begin with a STUN message, and everything has a limit.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { CancelTimer, Clock, Log } from '@roomtape/media';
import { FrameSplitter, frameForTcp } from './tcp-framing.ts';
import { systemError } from './webrtc-error.ts';

/** Bounds of a gateway. */
export type TcpGatewayLimits = {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** Bytes of one framed packet; larger ones close the connection. */
  readonly frameBytesMax: number;
  /** A connection without a packet from the peer for this long is closed. */
  readonly idleMs: number;
  /** Bytes waiting for a slow peer; further packets are dropped, as UDP would. */
  readonly sendQueueBytesMax: number;
};

/** Options of a gateway. */
export type TcpGatewayOptions = {
  readonly address: string;
  /** 0 chooses a free port. */
  readonly port: number;
  /** Where the shared UDP port of the transports is reached from this machine. */
  readonly udpAddress: string;
  readonly udpPort: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<TcpGatewayLimits>;
};

const DEFAULT_LIMITS: TcpGatewayLimits = {
  connectionsMax: 500,
  connectionsPerAddressMax: 50,
  frameBytesMax: 2048,
  idleMs: 30_000,
  sendQueueBytesMax: 512 * 1024,
};

/** Packets kept while the UDP socket opens. */
const EARLY_PACKETS_MAX = 16;

/** A listening gateway; the owner closes it. */
export class TcpGateway {
  readonly #options: TcpGatewayOptions;
  readonly #limits: TcpGatewayLimits;
  readonly #server: Server;
  readonly #links = new Set<TcpLink>();
  readonly #perAddress = new Map<string, number>();
  readonly #cancelSweep: CancelTimer;
  #refused = 0;

  private constructor(options: TcpGatewayOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#server = createServer({ noDelay: true }, (socket) => this.#onConnection(socket));
    this.#server.maxConnections = this.#limits.connectionsMax;
    this.#cancelSweep = options.clock.every(Math.max(50, this.#limits.idleMs / 4), () => this.#closeIdle());
  }

  /** Starts listening; rejects with MEDIA_UNAVAILABLE when the port cannot be bound. */
  static async listen(options: TcpGatewayOptions): Promise<TcpGateway> {
    const gateway = new TcpGateway(options);
    try {
      await new Promise<void>((resolve, reject) => {
        gateway.#server.once('error', reject);
        gateway.#server.listen({ host: options.address, port: options.port }, resolve);
      });
    } catch (cause) {
      gateway.#cancelSweep();
      const { address, port } = options;
      throw systemError('MEDIA_UNAVAILABLE', 'The TCP port cannot be bound', { details: { address, port }, cause });
    }
    gateway.#server.on('error', (error) => options.log.warn({ error: String(error) }, 'tcp gateway failed to accept'));
    return gateway;
  }

  /** The TCP port. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Plain data for debugging. */
  describe(): Record<string, unknown> {
    return { port: this.port, connections: this.#links.size, refused: this.#refused };
  }

  /** Closes all connections and the listener. */
  async close(): Promise<void> {
    this.#cancelSweep();
    for (const link of this.#links) link.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #onConnection(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const open = this.#perAddress.get(address) ?? 0;
    if (open >= this.#limits.connectionsPerAddressMax) {
      this.#refused += 1;
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    this.#perAddress.set(address, open + 1);
    const link: TcpLink = new TcpLink({ socket, options: this.#options, limits: this.#limits }, () => {
      this.#links.delete(link);
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left <= 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    });
    this.#links.add(link);
  }

  #closeIdle(): void {
    const now = this.#options.clock.now();
    for (const link of this.#links) {
      if (now - link.lastPacketAt > this.#limits.idleMs * 1000) link.close();
    }
  }
}

type LinkParts = { readonly socket: Socket; readonly options: TcpGatewayOptions; readonly limits: TcpGatewayLimits };

/** One TCP connection and the UDP socket that stands for it. */
class TcpLink {
  lastPacketAt: number;
  readonly #parts: LinkParts;
  readonly #udp: UdpSocket;
  readonly #splitter: FrameSplitter;
  readonly #onClosed: () => void;
  readonly #early: Uint8Array[] = [];
  #recognised = false;
  #connected = false;
  #closed = false;

  constructor(parts: LinkParts, onClosed: () => void) {
    this.#parts = parts;
    this.#onClosed = onClosed;
    this.lastPacketAt = parts.options.clock.now();
    this.#splitter = new FrameSplitter(parts.limits.frameBytesMax);
    this.#udp = createSocket(parts.options.udpAddress.includes(':') ? 'udp6' : 'udp4');
    const close = (): void => this.close();
    this.#udp.on('error', close);
    this.#udp.on('message', (packet) => this.#sendToPeer(packet));
    parts.socket.on('error', close);
    parts.socket.on('close', close);
    parts.socket.on('data', (bytes) => {
      if (!this.#splitter.push(bytes, (packet) => this.#fromPeer(packet))) this.close();
    });
    // A connected socket takes datagrams from the media port only.
    this.#udp.connect(parts.options.udpPort, parts.options.udpAddress, () => this.#onConnected());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.socket.destroy();
    this.#udp.close();
    this.#onClosed();
  }

  #fromPeer(packet: Uint8Array): void {
    if (this.#closed) return;
    if (!this.#recognised) {
      if (!isStunRequest(packet)) {
        this.close();
        return;
      }
      this.#recognised = true;
    }
    this.lastPacketAt = this.#parts.options.clock.now();
    // The socket keeps the bytes until they are sent; the splitter lends them for this call only.
    const copy = packet.slice();
    if (this.#connected) this.#udp.send(copy);
    else if (this.#early.length < EARLY_PACKETS_MAX) this.#early.push(copy);
  }

  #onConnected(): void {
    if (this.#closed) return;
    this.#connected = true;
    for (const packet of this.#early.splice(0)) this.#udp.send(packet);
  }

  #sendToPeer(packet: Uint8Array): void {
    if (this.#closed || this.#parts.socket.writableLength > this.#parts.limits.sendQueueBytesMax) return;
    const framed = frameForTcp(packet);
    if (framed !== undefined) this.#parts.socket.write(framed);
  }
}

/** RFC 8489 §5: a binding request with the magic cookie. */
function isStunRequest(packet: Uint8Array): boolean {
  if (packet.length < 20 || packet[0] !== 0 || packet[1] !== 1) return false;
  return packet[4] === 0x21 && packet[5] === 0x12 && packet[6] === 0xa4 && packet[7] === 0x42;
}
