// One m-section of an SDP description (RFC 8866) as data: codecs, extensions, simulcast. Lenient: an attribute
// that cannot be read is left out, never an error; limits bound everything that is kept.

/** One payload type with what was said about it. */
export type OfferedCodec = {
  readonly payloadType: number;
  /** Encoding name in lower case, such as `h264`, `rtx`, `red`. */
  readonly name: string;
  readonly clockRate: number;
  readonly channels: number;
  /** The `a=fmtp` value as offered, to be echoed. */
  readonly fmtp: string | undefined;
  /** `key=value` pairs of the fmtp, keys and values in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
  /** `a=rtcp-fb` values, such as `nack pli`. */
  readonly feedback: readonly string[];
};

/** An SSRC group, RFC 5576 §4.2. */
export type SsrcGroup = { readonly semantics: string; readonly ssrcs: readonly number[] };

/** Which way media flows, seen from the peer that wrote the section. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One m-section as offered. */
export type OfferedSection = {
  /** The media word: `audio`, `video`, `application`, … */
  readonly media: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly mid: string;
  /** Port 0 without `a=bundle-only`: the offerer itself switched the section off. */
  readonly disabled: boolean;
  readonly direction: Direction;
  readonly rtcpMux: boolean;
  /** In the order of preference of the m-line. */
  readonly codecs: readonly OfferedCodec[];
  /** Header extension ids by URI (RFC 8285). */
  readonly extensions: ReadonlyMap<string, number>;
  readonly ssrcs: readonly number[];
  readonly ssrcGroups: readonly SsrcGroup[];
  /** RIDs the offerer wants to send, in its order (RFC 8851, RFC 8853). */
  readonly sendRids: readonly string[];
  /** Attributes by name, each with all its values in order. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
};

const CODECS_MAX = 64;
const EXTENSIONS_MAX = 32;
const SSRCS_MAX = 64;
const RIDS_MAX = 8;
const FORMATS_MAX = 96;
const TOKEN = /^[A-Za-z0-9!#$%&'*+\-.^_`{|}~]{1,64}$/;

/** Tells whether a text is an SDP token of bearable length (RFC 8866 §9), safe to be echoed in an answer. */
export function isSdpToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Reads an m-section out of its lines, the first being the m-line; `undefined` when the m-line is damaged. */
export function parseSection(lines: readonly string[]): OfferedSection | undefined {
  const [media = '', port = '', protocol = '', ...formats] = (lines[0] ?? '').slice(2).trim().split(/\s+/);
  if (!isSdpToken(media) || !/^\d{1,5}(\/\d+)?$/.test(port) || !/^[A-Za-z0-9/]{1,32}$/.test(protocol)) return undefined;
  if (formats.length === 0 || formats.length > FORMATS_MAX || !formats.every(isSdpToken)) return undefined;
  const attributes = groupAttributes(lines);
  const mid = attributes.get('mid')?.[0] ?? '';
  return {
    media,
    protocol,
    formats,
    mid: isSdpToken(mid) ? mid : '',
    disabled: Number.parseInt(port, 10) === 0 && !attributes.has('bundle-only'),
    direction: directionOf(attributes),
    rtcpMux: attributes.has('rtcp-mux') || attributes.has('rtcp-mux-only'),
    codecs: codecsOf(formats, attributes),
    extensions: extensionsOf(attributes),
    ssrcs: ssrcsOf(attributes),
    ssrcGroups: ssrcGroupsOf(attributes),
    sendRids: sendRidsOf(attributes),
    attributes,
  };
}

/** Collects `a=` lines by name. */
export function groupAttributes(lines: readonly string[]): Map<string, string[]> {
  const attributes = new Map<string, string[]>();
  for (const line of lines) {
    if (!line.startsWith('a=')) continue;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line.slice(2) : line.slice(2, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).trim();
    const values = attributes.get(name);
    if (values === undefined) attributes.set(name, [value]);
    else values.push(value);
  }
  return attributes;
}

type Attributes = ReadonlyMap<string, readonly string[]>;

function directionOf(attributes: Attributes): Direction {
  for (const direction of ['sendonly', 'recvonly', 'inactive'] as const) {
    if (attributes.has(direction)) return direction;
  }
  return 'sendrecv';
}

function codecsOf(formats: readonly string[], attributes: Attributes): OfferedCodec[] {
  const rtpmaps = byPayloadType(attributes.get('rtpmap'));
  const fmtps = byPayloadType(attributes.get('fmtp'));
  const feedbacks = attributes.get('rtcp-fb') ?? [];
  const codecs: OfferedCodec[] = [];
  for (const format of formats.slice(0, CODECS_MAX)) {
    const payloadType = Number(format);
    if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127) continue;
    const rtpmap = /^([A-Za-z0-9._-]{1,32})\/(\d{1,6})(?:\/(\d{1,2}))?$/.exec(rtpmaps.get(format)?.[0] ?? '');
    if (rtpmap === null) continue;
    const fmtp = fmtps.get(format)?.[0];
    codecs.push({
      payloadType,
      name: (rtpmap[1] ?? '').toLowerCase(),
      clockRate: Number(rtpmap[2]),
      channels: Number(rtpmap[3] ?? 1),
      fmtp: fmtp !== undefined && /^[\x20-\x7e]{1,512}$/.test(fmtp) ? fmtp : undefined,
      parameters: parametersOf(fmtp ?? ''),
      feedback: feedbacks.filter((f) => f.startsWith(`${format} `) || f.startsWith('* ')).map(afterFirstSpace),
    });
  }
  return codecs;
}

function byPayloadType(values: readonly string[] = []): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const value of values) {
    const space = value.indexOf(' ');
    if (space > 0 && !found.has(value.slice(0, space))) found.set(value.slice(0, space), [afterFirstSpace(value)]);
  }
  return found;
}

function afterFirstSpace(text: string): string {
  return text.slice(text.indexOf(' ') + 1).trim();
}

function parametersOf(fmtp: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of fmtp.split(';').slice(0, 32)) {
    const equals = pair.indexOf('=');
    if (equals > 0)
      parameters.set(
        pair.slice(0, equals).trim().toLowerCase(),
        pair
          .slice(equals + 1)
          .trim()
          .toLowerCase(),
      );
  }
  return parameters;
}

function extensionsOf(attributes: Attributes): Map<string, number> {
  const extensions = new Map<string, number>();
  const used = new Set<number>();
  for (const value of (attributes.get('extmap') ?? []).slice(0, EXTENSIONS_MAX)) {
    const match = /^(\d{1,3})(?:\/[a-z]+)? ([\x21-\x7e]{1,200})/.exec(value);
    const id = Number(match?.[1] ?? 0);
    const uri = match?.[2] ?? '';
    // Ids above 14 need two-byte headers, which a receiver must not send unless it was offered them.
    if (id < 1 || id > 14 || used.has(id) || extensions.has(uri)) continue;
    used.add(id);
    extensions.set(uri, id);
  }
  return extensions;
}

function ssrcsOf(attributes: Attributes): number[] {
  const ssrcs = new Set<number>();
  for (const value of attributes.get('ssrc') ?? []) {
    const ssrc = uint32(value.split(' ')[0] ?? '');
    if (ssrc !== undefined && ssrcs.size < SSRCS_MAX) ssrcs.add(ssrc);
  }
  return [...ssrcs];
}

function ssrcGroupsOf(attributes: Attributes): SsrcGroup[] {
  const groups: SsrcGroup[] = [];
  for (const value of (attributes.get('ssrc-group') ?? []).slice(0, SSRCS_MAX)) {
    const [semantics = '', ...rest] = value.split(' ');
    const ssrcs = rest.slice(0, 8).map(uint32);
    if (ssrcs.every((ssrc) => ssrc !== undefined)) groups.push({ semantics, ssrcs });
  }
  return groups;
}

function uint32(text: string): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value <= 0xffffffff ? value : undefined;
}

function sendRidsOf(attributes: Attributes): string[] {
  const rids: string[] = [];
  for (const value of attributes.get('rid') ?? []) {
    const match = /^([A-Za-z0-9_-]{1,16}) send\b/.exec(value);
    if (match?.[1] !== undefined && rids.length < RIDS_MAX && !rids.includes(match[1])) rids.push(match[1]);
  }
  return rids;
}
