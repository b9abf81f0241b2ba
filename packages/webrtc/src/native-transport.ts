// The only module that touches node-datachannel: ICE + DTLS + SRTP as a pipe. The library sees one synthetic
// sendrecv m-line, so it hands over every decrypted packet whatever its SSRC; its own SDP, RTCP and media
// features are not used. It aborts the whole process inside a worker thread: loading there is refused.

import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { assert, type Clock, type Log } from '@roomtape/media';
import type { PeerConnection, Track } from 'node-datachannel';
import { isUsableRemoteCandidate } from './ice-candidate.ts';
import { LagWatchdog } from './lag-watchdog.ts';
import { readTransportDescription, syntheticAnswer, syntheticOffer } from './synthetic-sdp.ts';
import type {
  RtcTransport,
  RtcTransportFactory,
  TransportDescription,
  TransportHandlers,
  TransportState,
} from './transport.ts';
import { callerError, systemError } from './webrtc-error.ts';

/** Options of the native factory. */
export type NativeTransportOptions = {
  /** IP address to bind; `0.0.0.0` or `::` for all interfaces. */
  readonly address: string;
  /** UDP port of every accepted transport; 0 chooses a free one. */
  readonly port: number;
  /** Addresses written into candidates instead of the bound ones (NAT, containers). */
  readonly announcedAddresses?: readonly string[];
  /** Accepted and offered transports that may exist at a time; default 5000. */
  readonly transportsMax?: number;
  readonly clock: Clock;
  readonly log: Log;
};

/** A native factory also tells the port it uses and how loaded its process is. */
export interface NativeTransportFactory extends RtcTransportFactory {
  readonly port: number;
  /** IP addresses that answers announce. */
  readonly addresses: readonly string[];
  describe(): Record<string, unknown>;
}

const GATHERING_TIMEOUT_MS = 5000;
const REMOTE_CANDIDATES_MAX = 32;
const TRANSPORTS_MAX = 5000;

/**
 * Creates the factory: binds the shared UDP port for as long as it lives. Rejects with MEDIA_UNAVAILABLE when
 * the port cannot be bound. Must run on the main thread of a process.
 */
export async function createNativeTransportFactory(options: NativeTransportOptions): Promise<NativeTransportFactory> {
  assert(isMainThread, 'node-datachannel is loaded on the main thread of a process only');
  // Loaded here and not above, so that importing this package never loads native code.
  const { default: native } = await import('node-datachannel');
  const port = await bindablePort(options.address, options.port);
  const listener = new native.IceUdpMuxListener(port, options.address);
  return new NativeFactory(options, { native, port, stopListener: () => listener.stop() });
}

type Native = typeof import('node-datachannel')['default'];
type NativeParts = { readonly native: Native; readonly port: number; readonly stopListener: () => void };

class NativeFactory implements NativeTransportFactory {
  readonly port: number;
  readonly addresses: readonly string[];
  readonly #options: NativeTransportOptions;
  readonly #native: Native;
  readonly #stopListener: () => void;
  readonly #watchdog: LagWatchdog;
  readonly #transports = new Set<NativeTransport>();
  #serial = 0;
  #shedPackets = 0;
  #closed = false;

  constructor(options: NativeTransportOptions, parts: NativeParts) {
    this.#options = options;
    this.#native = parts.native;
    this.port = parts.port;
    this.#stopListener = parts.stopListener;
    this.addresses = options.announcedAddresses ?? announcedAddressesOf(options.address);
    this.#watchdog = new LagWatchdog({ clock: options.clock, log: options.log });
  }

  async accept(remote: TransportDescription, handlers: TransportHandlers): Promise<RtcTransport> {
    const transport = this.#open(handlers, {
      enableIceUdpMux: true,
      portRangeBegin: this.port,
      portRangeEnd: this.port,
    });
    try {
      transport.acceptOffer(remote);
      await transport.gathered(this.#options.clock);
    } catch (error) {
      transport.close();
      throw error;
    }
    transport.local = { ...transport.local, candidates: this.#hostCandidates() };
    return transport;
  }

  async offer(handlers: TransportHandlers): Promise<RtcTransport & { setRemote(remote: TransportDescription): void }> {
    const transport = this.#open(handlers, {});
    try {
      transport.makeOffer(this.#native);
      await transport.gathered(this.#options.clock);
    } catch (error) {
      transport.close();
      throw error;
    }
    // Without candidates the answerer cannot start checks before our setRemote is done: libdatachannel would
    // otherwise finish DTLS before it knows the fingerprint, and close.
    transport.local = { ...transport.local, candidates: [] };
    return transport;
  }

  describe(): Record<string, unknown> {
    return {
      port: this.port,
      addresses: this.addresses,
      transports: this.#transports.size,
      load: this.#watchdog.level,
      worstLagMs: Math.round(this.#watchdog.worstLagMs),
      shedPackets: this.#shedPackets,
      library: this.#native.getLibraryVersion(),
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#watchdog.close();
    for (const transport of this.#transports) transport.close();
    this.#stopListener();
  }

  #open(handlers: TransportHandlers, config: Record<string, unknown>): NativeTransport {
    if (this.#closed) throw systemError('MEDIA_UNAVAILABLE', 'The transport factory is closed');
    const max = this.#options.transportsMax ?? TRANSPORTS_MAX;
    if (this.#transports.size >= max) {
      throw systemError('LIMIT_REACHED', 'Too many transports', { details: { limit: 'transports', max } });
    }
    if (this.#watchdog.level !== 'normal') {
      throw systemError('LIMIT_REACHED', 'The media process is overloaded', { details: { limit: 'cpu' } });
    }
    this.#serial += 1;
    const pc = new this.#native.PeerConnection(`t${this.#serial}`, {
      iceServers: [],
      bindAddress: this.#options.address,
      disableAutoNegotiation: true,
      ...config,
    });
    const transport: NativeTransport = new NativeTransport(pc, this.#guarded(handlers), () => {
      this.#transports.delete(transport);
    });
    this.#transports.add(transport);
    return transport;
  }

  /** A handler that throws would take the process down from a native callback: it costs one packet instead. */
  #guarded(handlers: TransportHandlers): TransportHandlers {
    const fail = (error: unknown): void => {
      this.#options.log.error({ error: String(error), stack: (error as Error)?.stack }, 'transport handler failed');
    };
    return {
      onPacket: (packet) => {
        if (this.#watchdog.level === 'shedding') {
          this.#shedPackets += 1;
          return;
        }
        try {
          handlers.onPacket(packet);
        } catch (error) {
          fail(error);
        }
      },
      onState: (state) => {
        try {
          handlers.onState(state);
        } catch (error) {
          fail(error);
        }
      },
    };
  }

  #hostCandidates(): string[] {
    return this.addresses.map((address, index) => {
      // RFC 8445 §5.1.2.1: host type preference 126, component 1.
      const priority = 126 * 2 ** 24 + (65535 - index) * 2 ** 8 + 255;
      return `candidate:${index + 1} 1 udp ${priority} ${address} ${this.port} typ host`;
    });
  }
}

class NativeTransport implements RtcTransport {
  local: TransportDescription = { iceUfrag: '', icePwd: '', fingerprint: '', setup: 'passive', candidates: [] };
  state: TransportState = 'connecting';
  readonly #pc: PeerConnection;
  readonly #handlers: TransportHandlers;
  readonly #onClosed: () => void;
  #track: Track | undefined;
  #open = false;
  #remoteCandidates = 0;
  #gathered: Promise<void>;

  constructor(pc: PeerConnection, handlers: TransportHandlers, onClosed: () => void) {
    this.#pc = pc;
    this.#handlers = handlers;
    this.#onClosed = onClosed;
    this.#gathered = new Promise((resolve) => {
      pc.onGatheringStateChange((state) => {
        if (state === 'complete') resolve();
      });
    });
    pc.onStateChange((state) => {
      if (state === 'disconnected') this.#become('disconnected');
      if (state === 'connected' && this.#open) this.#become('connected');
      if (state === 'failed') this.#become('failed');
      if (state === 'closed') this.#become('closed');
    });
    pc.onTrack((track) => this.#adopt(track));
  }

  acceptOffer(remote: TransportDescription): void {
    try {
      this.#pc.setRemoteDescription(syntheticOffer(remote), 'offer');
      this.#pc.setLocalDescription('answer');
    } catch (error) {
      throw callerError('INVALID_SDP', 'The ICE or DTLS parameters were refused', { reason: String(error) });
    }
    for (const candidate of remote.candidates) this.addCandidate(candidate);
  }

  makeOffer(native: Native): void {
    const video = new native.Video('0', 'SendRecv');
    video.addVP8Codec(96);
    this.#adopt(this.#pc.addTrack(video));
    this.#pc.setLocalDescription('offer');
  }

  setRemote(remote: TransportDescription): void {
    if (this.state === 'closed') return;
    this.#pc.setRemoteDescription(syntheticAnswer(remote), 'answer');
    for (const candidate of remote.candidates) this.addCandidate(candidate);
  }

  async gathered(clock: Clock): Promise<void> {
    let cancel = (): void => {};
    const expired = new Promise<never>((_, reject) => {
      cancel = clock.after(GATHERING_TIMEOUT_MS, () =>
        reject(systemError('MEDIA_UNAVAILABLE', 'No local candidates were gathered in time')),
      );
    });
    try {
      await Promise.race([this.#gathered, expired]);
    } finally {
      cancel();
    }
    const local = readTransportDescription(this.#pc.localDescription()?.sdp ?? '');
    if (local === undefined) throw systemError('MEDIA_UNAVAILABLE', 'The native description is not readable');
    this.local = local;
  }

  addCandidate(candidate: string): void {
    if (this.state === 'closed' || this.#remoteCandidates >= REMOTE_CANDIDATES_MAX) return;
    if (!isUsableRemoteCandidate(candidate)) return;
    this.#remoteCandidates += 1;
    try {
      this.#pc.addRemoteCandidate(`a=${candidate}`, '0');
    } catch {
      // The port promises to ignore bad candidates; the peer's checks reach us without them.
    }
  }

  send(packet: Uint8Array): boolean {
    if (!this.#open || this.#track === undefined) return false;
    try {
      return this.#track.sendMessageBinary(packet as Buffer);
    } catch {
      return false;
    }
  }

  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#open = false;
    this.#onClosed();
    try {
      this.#track?.close();
      this.#pc.close();
    } catch {
      // Closing what the peer closed a moment ago is what close promises to allow.
    }
  }

  #adopt(track: Track): void {
    if (this.#track !== undefined) return;
    this.#track = track;
    track.onMessage((packet) => {
      if (this.state !== 'closed') this.#handlers.onPacket(packet);
    });
    track.onOpen(() => {
      this.#open = true;
      this.#become('connected');
    });
    track.onClosed(() => {
      this.#open = false;
    });
  }

  #become(state: TransportState): void {
    if (this.state === state || this.state === 'closed' || this.state === 'failed') return;
    if (state === 'closed') this.close();
    else this.state = state;
    this.#handlers.onState(state);
  }
}

/** Finds the port to use and proves that it can be bound before native code, which only logs, tries to. */
async function bindablePort(address: string, port: number): Promise<number> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address, port, exclusive: true }, resolve);
    });
    return socket.address().port;
  } catch (cause) {
    throw systemError('MEDIA_UNAVAILABLE', 'The UDP port cannot be bound', { details: { address, port }, cause });
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve)).catch(() => {});
  }
}

function announcedAddressesOf(address: string): string[] {
  if (address !== '0.0.0.0' && address !== '::') return [address];
  const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const usable = all.filter((entry) => {
    if (entry.family === 'IPv6' && (address === '0.0.0.0' || entry.address.startsWith('fe80'))) return false;
    return true;
  });
  const outside = usable.filter((entry) => !entry.internal);
  return [...outside, ...usable.filter((entry) => entry.internal)].map((entry) => entry.address);
}
