// One published stream: which tracks go out and how they are encoded. Its connection is kept by a LinkKeeper.

import { tellCaptureTimes } from './capture-time.ts';
import {
  applyOpusOptions,
  applyStartBitrate,
  orderVideoCodecs,
  preferVideoCodec,
  type VideoCodecName,
  type VideoEncodingOptions,
  videoEncodings,
} from './codecs.ts';
import type { Environment } from './environment.ts';
import type { RoomtapeClientError } from './errors.ts';
import { type KeeperState, LinkKeeper } from './link-keeper.ts';
import type { LocalStream } from './local-stream.ts';
import type { SignalingTarget } from './signaling-resource.ts';
import { preferBalance, preferSize } from './size-preference.ts';

/** How a stream is published. */
export type PublishOptions = VideoEncodingOptions & {
  readonly stream: LocalStream;
  /** The only video codec to offer; absent: H.264 first, then what the browser likes. */
  readonly codec?: VideoCodecName;
  /** Default: on for screens and own streams, off for a microphone. */
  readonly stereo?: boolean;
  /** Default off: silence is sent too, so that a recording has no audio gaps to fill. */
  readonly dtx?: boolean;
  /** Upper limit for sound, bits per second; absent: the browser decides (about 32,000). */
  readonly maxAudioBitrateBps?: number;
};

type MediaKind = 'audio' | 'video';

/** Where a publisher sends and whom it tells. */
export type PublisherContext = {
  readonly environment: Environment;
  describeTarget(): Promise<SignalingTarget>;
  onState(state: KeeperState, error: RoomtapeClientError | undefined): void;
};

/** Enough for a whole 720p picture from the first second on. */
const START_BITRATE_BPS = 1_500_000;
/** By then the bandwidth estimate has its first reports. */
const SIZE_KEPT_MS = 1_000;

/** Publishes one local stream until stopped. Never stops the devices: they are the caller's. */
export class Publisher {
  readonly stream: LocalStream;
  #options: PublishOptions;
  readonly #senders = new Map<MediaKind, RTCRtpSender>();
  readonly #environment: Environment;
  readonly #keeper: LinkKeeper;

  constructor(options: PublishOptions, context: PublisherContext) {
    this.stream = options.stream;
    this.#options = options;
    this.#environment = context.environment;
    this.#keeper = new LinkKeeper({
      environment: context.environment,
      describeLink: async () => ({
        ...(await context.describeTarget()),
        prepare: (connection) => this.#prepare(connection),
        adaptAnswer: (answerSdp) => this.#adaptAnswer(answerSdp),
      }),
      onLink: () => undefined,
      onState: (state, error) => {
        if (state === 'connected' && this.#keepsSize) this.#releaseSize();
        context.onState(state, error);
      },
    });
  }

  /** Where the stream stands. */
  get state(): KeeperState {
    return this.#keeper.state;
  }

  /** The connection in use, for statistics. */
  get connection(): RTCPeerConnection | undefined {
    return this.#keeper.link?.connection;
  }

  /** Resolves when media flows. Rejects with a client error when it cannot begin. */
  start(): Promise<void> {
    return this.#keeper.start();
  }

  /** The server no longer receives the stream: see `LinkKeeper.recover`. */
  recover(): void {
    this.#keeper.recover();
  }

  /**
   * Sends the tracks the stream has now. Another track of a kind takes the place of the old one without a gap; a kind
   * that was not sent before needs a new connection, which comes under the same stream id.
   */
  async followTracks(): Promise<void> {
    const { audioTrack, videoTrack } = this.stream;
    const added = [audioTrack, videoTrack].some(
      (track) => track !== undefined && !this.#senders.has(track.kind as MediaKind),
    );
    if (added) {
      this.#keeper.renew();
      return;
    }
    const replaced = [...this.#senders].map(([kind, sender]) => {
      const track = (kind === 'audio' ? audioTrack : videoTrack) ?? null;
      return sender.track === track ? undefined : sender.replaceTrack(track);
    });
    await Promise.all(replaced);
  }

  /** Changes the upper limit of the best picture, bits per second. */
  async limitBitrate(maxBitrateBps: number): Promise<void> {
    this.#options = { ...this.#options, maxBitrateBps };
    const sender = this.#senders.get('video');
    const parameters = sender?.getParameters();
    if (sender === undefined || parameters === undefined) return;
    const wanted = videoEncodings(this.#options);
    const encodings = parameters.encodings.map((encoding, index) => ({ ...encoding, ...wanted[index] }));
    await sender.setParameters({ ...parameters, encodings });
  }

  /** Stops publishing and tells the server. */
  stop(): Promise<void> {
    return this.#keeper.stop();
  }

  #prepare(connection: RTCPeerConnection): void {
    const { audioTrack, videoTrack, mediaStream } = this.stream;
    this.#senders.clear();
    if (audioTrack !== undefined) {
      const transceiver = connection.addTransceiver(audioTrack, { direction: 'sendonly', streams: [mediaStream] });
      this.#senders.set('audio', transceiver.sender);
      tellCaptureTimes(transceiver);
    }
    if (videoTrack !== undefined) this.#prepareVideo(connection, videoTrack);
  }

  #prepareVideo(connection: RTCPeerConnection, track: MediaStreamTrack): void {
    const { codec } = this.#options;
    const transceiver = connection.addTransceiver(track, {
      direction: 'sendonly',
      streams: [this.stream.mediaStream],
      sendEncodings: videoEncodings(this.#options),
    });
    this.#senders.set('video', transceiver.sender);
    tellCaptureTimes(transceiver);
    if (this.#keepsSize) preferSize(transceiver.sender);
    const available = this.#environment.codecs('send', 'video');
    const preferred = codec === undefined ? orderVideoCodecs(available) : preferVideoCodec(available, codec);
    if (preferred.length > 0) transceiver.setCodecPreferences(preferred);
  }

  /** A screen keeps its size anyway: its browser default is the right one. */
  get #keepsSize(): boolean {
    return this.stream.source === 'camera';
  }

  #releaseSize(): void {
    const { connection } = this;
    if (connection !== undefined) this.#environment.after(SIZE_KEPT_MS, () => preferBalance(connection));
  }

  #adaptAnswer(answerSdp: string): string {
    const startBps = Math.min(START_BITRATE_BPS, this.#options.maxBitrateBps ?? START_BITRATE_BPS);
    return applyStartBitrate(applyOpusOptions(answerSdp, this.#opusOptions()), startBps);
  }

  #opusOptions(): { stereo: boolean; dtx: boolean; maxBitrateBps?: number } {
    const { stereo = this.stream.source !== 'camera', dtx = false, maxAudioBitrateBps } = this.#options;
    return { stereo, dtx, ...(maxAudioBitrateBps === undefined ? {} : { maxBitrateBps: maxAudioBitrateBps }) };
  }
}
