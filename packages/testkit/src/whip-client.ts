// A WHIP client in Node (RFC 9725): publishes any source over the transport port. Its source is made when the
// connection stands, so that flashes fall on whole seconds of wall time for every participant.

import { assert, type Clock, type Ids, type MediaKind, type UnixUs, unixUs, type VideoCodec } from '@roomtape/media';
import type { RtcTransport, RtcTransportFactory, TransportState } from '@roomtape/webrtc';
import type { AnsweredMedia, SenderSsrcs } from './client-offer.ts';
import { closeHttpSession, type HttpSession, type HttpSessionOptions } from './http-session.ts';
import type { MediaSource } from './media-source.ts';
import { openTransport } from './open-transport.ts';
import type { PacketFaults } from './packet-faults.ts';
import { type PublishCounts, type PublishFaults, RtpPublisher } from './rtp-publisher.ts';
import type { RtpSenderOptions } from './rtp-sender.ts';

/** What is published where. */
export type WhipClientOptions = HttpSessionOptions & {
  readonly factory: RtcTransportFactory;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Absent: no picture. */
  readonly videoCodec?: VideoCodec;
  readonly hasAudio: boolean;
  /** Makes the source for a start at this wall time, which is a multiple of 200 ms. Closed by the client. */
  readonly createSource: (startAt: UnixUs) => MediaSource;
  readonly faults?: PublishFaults;
  /** RTP numbers to begin with; random when absent. */
  readonly first?: Readonly<Partial<Record<MediaKind, { readonly sequence: number; readonly timestamp: number }>>>;
  /** How much faster than real time the camera's clock runs. */
  readonly videoClockPpm?: number;
  readonly hasRtx?: boolean;
  readonly hasTransportSequence?: boolean;
  /** Changes the answer before it is used, such as to lead it through a relay. */
  readonly editAnswer?: (sdp: string) => string;
  readonly onState?: (state: TransportState) => void;
};

/** Everything on a frame grid of 5, 10, 15, 20, 25, 30, 50 or 60 pictures per second. */
const START_GRID_US = 200_000;

type Connection = { readonly session: HttpSession; readonly transport: RtcTransport; readonly publisher: RtpPublisher };

/** Publishes one stream; `connect`, then `close`. */
export class WhipClient {
  readonly #options: WhipClientOptions;
  readonly #muted = new Set<MediaKind>();
  #connection: Connection | undefined;
  #source: MediaSource | undefined;
  #startAt: UnixUs = unixUs(0);

  constructor(options: WhipClientOptions) {
    this.#options = options;
  }

  /** Counters of the present connection. */
  get counts(): PublishCounts | undefined {
    return this.#connection?.publisher.counts;
  }

  get source(): MediaSource | undefined {
    return this.#source;
  }

  /** Whether a source that ends (a file) has ended. */
  get isEnded(): boolean {
    return this.#source?.isEnded ?? false;
  }

  /** Opens the session and begins to send; throws a `RoomtapeError` when refused or not connected in 10 s. */
  async connect(): Promise<void> {
    assert(this.#connection === undefined, 'connect is called on a closed client');
    const { ids } = this.#options;
    const ssrcs = { audio: ssrcPair(ids), video: ssrcPair(ids) };
    let publisher: RtpPublisher | undefined;
    const opened = await openTransport(this.#options, {
      offer: { direction: 'sendonly', ssrcs, videoCodecs: this.#options.videoCodec ? [this.#options.videoCodec] : [] },
      onPacket: (packet) => publisher?.handlePacket(packet),
    });
    const { transport, answer, session } = opened;
    this.#startSource();
    assert(this.#source !== undefined, 'the source is made before it is published');
    publisher = new RtpPublisher({
      source: this.#source,
      tracks: answer.media.map((media) => this.#senderOptions(media, ssrcs[media.kind])),
      clock: this.#options.clock,
      ids,
      send: (packet) => transport.send(packet),
      startAt: this.#startAt,
      ...(this.#options.faults === undefined ? {} : { faults: this.#options.faults }),
    });
    for (const kind of this.#muted) publisher.setMuted(kind, true);
    this.#skipTimeAway(this.#source);
    this.#source.requestKeyframe();
    this.#connection = { session, transport, publisher };
  }

  /** Stops or resumes one kind of media. */
  setMuted(kind: MediaKind, isMuted: boolean): void {
    if (isMuted) this.#muted.add(kind);
    else this.#muted.delete(kind);
    this.#connection?.publisher.setMuted(kind, isMuted);
  }

  /** Replaces what the network does from now on. */
  setNetwork(faults: PacketFaults): void {
    this.#connection?.publisher.setNetwork(faults);
  }

  /** Vanishes without a word, as a client whose network is gone; `connect` comes back with the same source. */
  drop(): void {
    this.#connection?.publisher.close(false);
    this.#connection?.transport.close();
    this.#connection = undefined;
  }

  /** Ends the session with DELETE and closes the source. Idempotent. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.publisher.close();
    this.#source?.close();
    this.#source = undefined;
    if (connection === undefined) return;
    try {
      await closeHttpSession(this.#options, connection.session.resource);
    } finally {
      connection.transport.close();
    }
  }

  #startSource(): void {
    if (this.#source !== undefined) return;
    const now = this.#options.clock.now();
    this.#startAt = unixUs(Math.ceil(now / START_GRID_US) * START_GRID_US);
    this.#source = this.#options.createSource(this.#startAt);
  }

  /** What was due while nobody was connected is gone: neither a camera nor a microphone keeps it. */
  #skipTimeAway(source: MediaSource): void {
    const awayUs = this.#options.clock.now() - this.#startAt;
    if (awayUs <= 0) return;
    source.skipPicturesBefore?.(awayUs);
    source.read(awayUs);
  }

  #senderOptions(media: AnsweredMedia, ssrcs: SenderSsrcs): RtpSenderOptions {
    const { ids, first, videoClockPpm = 0 } = this.#options;
    const audioPpm = this.#source?.audio?.clockPpm ?? 0;
    const { rtxPayloadType, midExtensionId, transportSequenceId } = media;
    return {
      kind: media.kind,
      codec: media.codec,
      payloadType: media.payloadType,
      ssrc: ssrcs.media,
      cname: 'testkit',
      firstTimestamp: first?.[media.kind]?.timestamp ?? ids.uint32(),
      firstSequence: first?.[media.kind]?.sequence ?? ids.uint32() & 0xffff,
      clockPpm: media.kind === 'audio' ? audioPpm : videoClockPpm,
      ...(rtxPayloadType === undefined ? {} : { rtx: { ssrc: ssrcs.rtx, payloadType: rtxPayloadType } }),
      ...(midExtensionId === undefined ? {} : { mid: { extensionId: midExtensionId, value: media.mid } }),
      ...(transportSequenceId === undefined ? {} : { transportSequenceId }),
    };
  }
}

function ssrcPair(ids: Ids): SenderSsrcs {
  return { media: ids.uint32(), rtx: ids.uint32() };
}
