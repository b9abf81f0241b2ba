// The transport port: ICE + DTLS + SRTP as a pipe of decrypted RTP and RTCP packets. Everything above it is
// ours and testable without native code; exactly one module (`native-transport.ts`) puts a library behind it.

/** What one side must know of the other to connect: RFC 8839 (ICE) and RFC 8842 (DTLS) attributes. */
export type TransportDescription = {
  readonly iceUfrag: string;
  readonly icePwd: string;
  /** As in SDP: `sha-256 AA:BB:…`. */
  readonly fingerprint: string;
  readonly setup: 'active' | 'passive' | 'actpass';
  /** `candidate:` attribute values without the leading `a=`. */
  readonly candidates: readonly string[];
};

/** Life of a transport; `closed` and `failed` are final. */
export type TransportState = 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** What a transport tells its owner. `onPacket` lends its bytes: the receiver may keep them. */
export type TransportHandlers = {
  /** One decrypted RTP or RTCP packet (RFC 5761 tells them apart). */
  onPacket(packet: Uint8Array): void;
  onState(state: TransportState): void;
};

/** A connected or connecting pipe to one peer. */
export interface RtcTransport {
  readonly local: TransportDescription;
  readonly state: TransportState;
  /** Adds one remote candidate (trickle); bad ones are ignored. */
  addCandidate(candidate: string): void;
  /** Sends one RTP or RTCP packet, whose bytes are copied before it returns; `false` when it was not taken (not connected, or the socket is full). */
  send(packet: Uint8Array): boolean;
  /** Idempotent; no handler is called afterwards. */
  close(): void;
}

/** Makes transports. All of one factory share one UDP port. */
export interface RtcTransportFactory {
  /** Answers a remote peer's offer; resolves when our own candidates are known. */
  accept(remote: TransportDescription, handlers: TransportHandlers): Promise<RtcTransport>;
  /** Starts the offering side (clients only): the peer's description follows by `setRemote`. */
  offer(handlers: TransportHandlers): Promise<RtcTransport & { setRemote(remote: TransportDescription): void }>;
  close(): Promise<void>;
}
