// A publisher for tests: frames whose bytes tell their number, as RTP with retransmissions, sender reports and
// keyframes on request. Runs on the clock it is given.

import {
  assert,
  type CancelTimer,
  type Clock,
  concatBytes,
  type Ids,
  type MediaKind,
  ticks,
  type UnixUs,
  US_PER_SECOND,
  unixUs,
  unixUsToNtp,
} from '@roomtape/media';
import {
  createPacketizer,
  isRtcp,
  type Packetizer,
  parseRtcp,
  parseRtpPacket,
  type RtcpPacket,
  wrapRtx,
  writeRtcp,
  writeRtpPacket,
} from '@roomtape/rtp';
import type { TransportDescription } from '../transport.ts';

/** Codecs the test publisher speaks. */
export type TestCodec = 'h264' | 'vp8';

/** What a test publisher is. */
export type TestPublisherOptions = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly codec?: TestCodec;
  readonly send: (packet: Uint8Array) => void;
  /** Simulcast layers with their frame sizes in bytes; absent: one plain layer of 3000. */
  readonly layers?: readonly { readonly rid: string; readonly frameBytes: number }[];
  readonly fps?: number;
  /** Added to our clock in sender reports. */
  readonly wallOffsetUs?: number;
};

const VIDEO_PT = 96;
const RTX_PT = 97;
const AUDIO_PT = 111;
const MID_ID = 4;
const TWCC_ID = 3;
const RID_ID = 10;
const REPAIRED_RID_ID = 11;

// libx264, 640x360, baseline.
const SPS = hex('6742c01ed900a02ff970110000030001000003003c0f162e48');
const PPS = hex('68cb83cb20');

type Layer = {
  readonly rid: string;
  readonly frameBytes: number;
  readonly ssrc: number;
  readonly rtxSsrc: number;
  tickBase: number;
  readonly packetizer: Packetizer;
  readonly sent: Map<number, Uint8Array>;
  sequence: number;
  rtxSequence: number;
  wantsKey: boolean;
  paused: boolean;
  packets: number;
};

/** Sends H.264 or VP8, and Opus. */
export class TestPublisher {
  readonly layers: Layer[];
  readonly audioSsrc: number;
  /** Bytes of each video frame sent on the plain layer, by number. */
  readonly frames: { readonly key: boolean; readonly data: Uint8Array }[] = [];
  audioFrames = 0;
  feedback: Record<string, number> = {};
  readonly #options: TestPublisherOptions;
  readonly #startedAt: UnixUs;
  readonly #timers: CancelTimer[] = [];
  #audioSequence: number;
  #twcc = 0;

  constructor(options: TestPublisherOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    const { ids, codec = 'h264' } = options;
    this.audioSsrc = ids.uint32();
    this.#audioSequence = ids.uint32() & 0xffff;
    this.layers = (options.layers ?? [{ rid: '', frameBytes: 3000 }]).map(({ rid, frameBytes }) => ({
      rid,
      frameBytes,
      ssrc: ids.uint32(),
      rtxSsrc: ids.uint32(),
      tickBase: ids.uint32(),
      packetizer: createPacketizer(codec, { payloadBytesMax: 1100 }),
      sent: new Map(),
      sequence: ids.uint32() & 0xffff,
      rtxSequence: 0,
      wantsKey: true,
      paused: false,
      packets: 0,
    }));
  }

  /** The offer a browser would make of it. */
  offer(local: TransportDescription, direction: 'sendonly' | 'recvonly' = 'sendonly'): string {
    const { codec = 'h264' } = this.#options;
    const transport = [
      `a=ice-ufrag:${local.iceUfrag}`,
      `a=ice-pwd:${local.icePwd}`,
      `a=fingerprint:${local.fingerprint}`,
      'a=setup:actpass',
      'a=rtcp-mux',
      'a=rtcp-rsize',
      `a=${direction}`,
    ];
    const rids = this.layers.map((layer) => layer.rid).filter((rid) => rid !== '');
    return [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      'a=group:BUNDLE 0 1',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=mid:0',
      ...transport,
      'a=rtpmap:111 opus/48000/2',
      `a=extmap:${MID_ID} urn:ietf:params:rtp-hdrext:sdes:mid`,
      'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
      'a=mid:1',
      ...transport,
      `a=rtpmap:96 ${codec === 'h264' ? 'H264' : 'VP8'}/90000`,
      ...(codec === 'h264' ? ['a=fmtp:96 packetization-mode=1;profile-level-id=42c01e'] : []),
      'a=rtcp-fb:96 nack',
      'a=rtcp-fb:96 nack pli',
      'a=rtcp-fb:96 transport-cc',
      'a=rtpmap:97 rtx/90000',
      'a=fmtp:97 apt=96',
      `a=extmap:${MID_ID} urn:ietf:params:rtp-hdrext:sdes:mid`,
      `a=extmap:${TWCC_ID} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`,
      `a=extmap:${RID_ID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`,
      `a=extmap:${REPAIRED_RID_ID} urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id`,
      ...(rids.length > 0 ? [...rids.map((rid) => `a=rid:${rid} send`), `a=simulcast:send ${rids.join(';')}`] : []),
      '',
    ].join('\r\n');
  }

  /** Begins sending video, audio and sender reports. */
  start(): void {
    const { clock, fps = 30 } = this.#options;
    this.#timers.push(clock.every(1000 / fps, () => this.sendVideo()));
    this.#timers.push(clock.every(20, () => this.sendAudio()));
    this.#timers.push(clock.every(1000, () => this.sendReports()));
  }

  stop(): void {
    for (const cancel of this.#timers.splice(0)) cancel();
  }

  /** Sends one video frame on each layer that is not paused. */
  sendVideo(): void {
    for (const layer of this.layers) {
      if (!layer.paused) this.#sendFrame(layer);
    }
  }

  /** Sends a frame an encoder made on the first layer, at its place on the sender's clock, µs since the start. */
  sendEncoded(frame: { readonly key: boolean; readonly ptsUs: number; readonly data: Uint8Array }): void {
    const layer = this.layers[0];
    assert(layer !== undefined, 'a publisher has a layer');
    const timestamp = (layer.tickBase + Math.round((frame.ptsUs * 90_000) / US_PER_SECOND)) % 2 ** 32;
    this.#sendData(layer, { key: frame.key, data: frame.data, timestamp });
  }

  /** Sends one Opus packet of 20 ms. */
  sendAudio(): void {
    this.audioFrames += 1;
    const payload = new Uint8Array(60).fill(this.audioFrames);
    payload[0] = 0x78;
    const { clock } = this.#options;
    const timestamp = Math.round(((clock.now() - this.#startedAt) * 48) / 1000) >>> 0;
    const sequence = this.#audioSequence++ & 0xffff;
    const extensions = [{ id: MID_ID, data: new TextEncoder().encode('0') }];
    this.#options.send(
      writeRtpPacket({ payloadType: AUDIO_PT, sequence, timestamp, ssrc: this.audioSsrc, payload, extensions }),
    );
  }

  /** Sends a sender report for every SSRC. */
  sendReports(): void {
    const now = this.#options.clock.now();
    const { seconds, fraction } = unixUsToNtp(unixUs(now + (this.#options.wallOffsetUs ?? 0)));
    const report = (ssrc: number, rtpTimestamp: number): RtcpPacket => ({
      kind: 'sender-report',
      ssrc,
      ntpSeconds: seconds,
      ntpFraction: fraction,
      rtpTimestamp: rtpTimestamp >>> 0,
      packetCount: 0,
      octetCount: 0,
      reports: [],
    });
    const elapsed = now - this.#startedAt;
    this.#options.send(
      writeRtcp([
        report(this.audioSsrc, Math.round((elapsed * 48) / 1000)),
        ...this.layers.map((layer) => report(layer.ssrc, this.#videoTicks(layer))),
      ]),
    );
  }

  /** Takes feedback of the server. */
  receive(bytes: Uint8Array): void {
    if (!isRtcp(bytes)) return;
    for (const packet of parseRtcp(bytes) ?? []) {
      this.feedback[packet.kind] = (this.feedback[packet.kind] ?? 0) + 1;
      if (packet.kind === 'nack') this.#repeat(packet.mediaSsrc, packet.sequences);
      if (packet.kind === 'picture-loss') this.#demandKey(packet.mediaSsrc);
    }
  }

  /** The track a kind of media is sent with, for stopping one of them. */
  ssrcOf(kind: MediaKind): number {
    return kind === 'audio' ? this.audioSsrc : (this.layers[0]?.ssrc ?? 0);
  }

  #demandKey(ssrc: number): void {
    for (const layer of this.layers) if (layer.ssrc === ssrc) layer.wantsKey = true;
  }

  #videoTicks(layer: Layer): number {
    const elapsed = this.#options.clock.now() - this.#startedAt;
    return (layer.tickBase + Math.round((elapsed * 90_000) / US_PER_SECOND)) % 2 ** 32;
  }

  #sendFrame(layer: Layer): void {
    const key = layer.wantsKey;
    layer.wantsKey = false;
    const number = this.frames.length;
    const data =
      this.#options.codec === 'vp8' ? vp8Frame(key, number, layer) : h264Frame(key, number, layer.frameBytes);
    if (layer === this.layers[0]) this.frames.push({ key, data });
    this.#sendData(layer, { key, data, timestamp: this.#videoTicks(layer) });
  }

  #sendData(layer: Layer, frame: { key: boolean; data: Uint8Array; timestamp: number }): void {
    const { key, data, timestamp } = frame;
    const payloads = layer.packetizer.packetize({ type: key ? 'key' : 'delta', pts: ticks(timestamp), data });
    for (const { payload, marker } of payloads) {
      const sequence = layer.sequence++ & 0xffff;
      const extensions = [...this.#transportSequence(), ...midAndRid(layer)];
      const packet = writeRtpPacket({
        payloadType: VIDEO_PT,
        sequence,
        timestamp,
        ssrc: layer.ssrc,
        payload,
        marker,
        extensions,
      });
      layer.sent.set(sequence, packet);
      if (layer.sent.size > 1000) layer.sent.delete(layer.sent.keys().next().value ?? 0);
      layer.packets += 1;
      this.#options.send(packet);
    }
  }

  #transportSequence(): { id: number; data: Uint8Array }[] {
    this.#twcc = (this.#twcc + 1) & 0xffff;
    return [{ id: TWCC_ID, data: new Uint8Array([this.#twcc >> 8, this.#twcc]) }];
  }

  #repeat(ssrc: number, sequences: readonly number[]): void {
    const layer = this.layers.find((candidate) => candidate.ssrc === ssrc);
    if (layer === undefined) return;
    for (const sequence of sequences) {
      const packet = parseRtpPacket(layer.sent.get(sequence) ?? new Uint8Array(0));
      if (packet === undefined) continue;
      const wrapped = wrapRtx(packet, { ssrc: layer.rtxSsrc, payloadType: RTX_PT }, layer.rtxSequence++ & 0xffff);
      // A browser names the repaired stream instead of its own.
      if (layer.rid !== '') renameRid(wrapped);
      this.#options.send(wrapped);
    }
  }
}

function midAndRid(layer: Layer): { id: number; data: Uint8Array }[] {
  const encoder = new TextEncoder();
  const mid = { id: MID_ID, data: encoder.encode('1') };
  return layer.rid === '' ? [mid] : [mid, { id: RID_ID, data: encoder.encode(layer.rid) }];
}

function renameRid(packet: Uint8Array): void {
  for (let at = 16; at < 32; at += 1) {
    if ((packet[at] ?? 0) >> 4 === RID_ID) {
      packet[at] = (REPAIRED_RID_ID << 4) | ((packet[at] ?? 0) & 15);
      return;
    }
  }
}

/** One access unit in Annex B that tells its number. */
export function h264Frame(key: boolean, number: number, bytes: number): Uint8Array {
  const start = new Uint8Array([0, 0, 0, 1]);
  const slice = new Uint8Array(key ? bytes * 4 : bytes).fill(0x55);
  slice[0] = key ? 0x65 : 0x41;
  slice[1] = 0x88;
  slice.set([0x80 | (number >> 8), number & 0xff, 0x81], 2);
  return concatBytes(key ? [start, SPS, start, PPS, start, slice] : [start, slice]);
}

function vp8Frame(key: boolean, number: number, layer: Layer): Uint8Array {
  const data = new Uint8Array(key ? layer.frameBytes * 4 : layer.frameBytes).fill(0x55);
  const width = layer.frameBytes;
  data.set(key ? [0x10, 0, 0, 0x9d, 0x01, 0x2a, width & 0xff, (width >> 8) & 0x3f, 0x68, 0x01] : [0x11, 0, 0]);
  data.set([number >> 8, number & 0xff], 12);
  return data;
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
