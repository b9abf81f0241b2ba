// Turns two readings of a connection's statistics into what a person wants to know once a second. Pure.

/** What a stream's connection did in the last second. */
export type StreamQuality = {
  readonly streamId: string;
  readonly direction: 'publish' | 'play';
  /** Short codec names, lower case, such as `h264`; absent until media flows. */
  readonly videoCodec?: string;
  readonly audioCodec?: string;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  readonly videoBitrateBps: number;
  readonly audioBitrateBps: number;
  /** Share of packets lost in the last second, 0 to 1. */
  readonly lostShare: number;
  readonly roundTripMs?: number;
  /** Why the browser sends less than it could: `bandwidth` or `cpu`. */
  readonly limitedBy?: string;
};

/** One reading of the counters that only ever rise. */
export type QualityReading = {
  readonly atMs: number;
  readonly bytes: Readonly<Record<'audio' | 'video', number>>;
  readonly packets: number;
  readonly lost: number;
};

/** The fields used of RTCStats objects; all optional, because browsers differ. */
type RtpStats = {
  readonly type: string;
  readonly kind?: 'audio' | 'video';
  readonly codecId?: string;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  readonly packetsSent?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly framesPerSecond?: number;
  readonly qualityLimitationReason?: string;
  readonly mimeType?: string;
  readonly currentRoundTripTime?: number;
  readonly nominated?: boolean;
  readonly active?: boolean;
};

/** Who and when a reading is about. */
export type QualitySubject = {
  readonly streamId: string;
  readonly direction: 'publish' | 'play';
  readonly atMs: number;
  readonly previous: QualityReading | undefined;
};

/** Computes the quality since the previous reading; the first one has no bitrates. */
export function readQuality(
  report: ReadonlyMap<string, unknown>,
  subject: QualitySubject,
): { quality: StreamQuality; reading: QualityReading } {
  const stats = [...report.values()] as RtpStats[];
  const flow = stats.filter((s) => s.type === (subject.direction === 'publish' ? 'outbound-rtp' : 'inbound-rtp'));
  const reading = readCounters(stats, flow, subject);
  const { previous } = subject;
  const seconds = previous === undefined ? 0 : (reading.atMs - previous.atMs) / 1000;
  const rate = (kind: 'audio' | 'video'): number =>
    previous === undefined || seconds <= 0
      ? 0
      : Math.max(0, Math.round(((reading.bytes[kind] - previous.bytes[kind]) * 8) / seconds));
  const lost = reading.lost - (previous?.lost ?? 0);
  const packets = reading.packets - (previous?.packets ?? 0);
  const quality: StreamQuality = {
    streamId: subject.streamId,
    direction: subject.direction,
    videoBitrateBps: rate('video'),
    audioBitrateBps: rate('audio'),
    lostShare: lost > 0 && packets + lost > 0 ? lost / (packets + lost) : 0,
    ...describePicture(flow, report),
    ...describePath(stats),
  };
  return { quality, reading };
}

function readCounters(stats: readonly RtpStats[], flow: readonly RtpStats[], subject: QualitySubject): QualityReading {
  const total = (kind: 'audio' | 'video'): number =>
    sum(flow.filter((s) => s.kind === kind).map((s) => s.bytesSent ?? s.bytesReceived));
  // A sender learns of its losses from the receiver's reports.
  const reporting = subject.direction === 'publish' ? stats.filter((s) => s.type === 'remote-inbound-rtp') : flow;
  return {
    atMs: subject.atMs,
    bytes: { audio: total('audio'), video: total('video') },
    packets: sum(flow.map((s) => s.packetsSent ?? s.packetsReceived)),
    lost: sum(reporting.map((s) => s.packetsLost)),
  };
}

function describePicture(flow: readonly RtpStats[], report: ReadonlyMap<string, unknown>): Partial<StreamQuality> {
  const video = flow.filter((s) => s.kind === 'video');
  // With simulcast the largest layer that is really sent describes the stream.
  const best = video.toSorted((a, b) => (b.frameWidth ?? 0) - (a.frameWidth ?? 0))[0];
  const audio = flow.find((s) => s.kind === 'audio');
  return definedOnly({
    videoCodec: codecName(best, report),
    audioCodec: codecName(audio, report),
    width: best?.frameWidth,
    height: best?.frameHeight,
    framesPerSecond: best?.framesPerSecond,
    limitedBy: best?.qualityLimitationReason === 'none' ? undefined : best?.qualityLimitationReason,
  });
}

function describePath(stats: readonly RtpStats[]): Partial<StreamQuality> {
  const pair = stats.find((s) => s.type === 'candidate-pair' && s.nominated === true);
  const seconds = pair?.currentRoundTripTime;
  return definedOnly({ roundTripMs: seconds === undefined ? undefined : Math.round(seconds * 1000) });
}

function codecName(stats: RtpStats | undefined, report: ReadonlyMap<string, unknown>): string | undefined {
  const codec = stats?.codecId === undefined ? undefined : (report.get(stats.codecId) as RtpStats | undefined);
  return codec?.mimeType?.split('/')[1]?.toLowerCase();
}

function sum(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

function definedOnly<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
