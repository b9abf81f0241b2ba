// The payload descriptors of VP8 (RFC 7741 §4.2) and VP9 (RFC 9628 §4.2): what stands before the frame's bytes in
// every packet. Reads them, and rewrites VP8's in place for a forwarder that switches layers.

/** A VP8 payload descriptor (RFC 7741 §4.2). Optional fields are absent where the sender left them out. */
export type Vp8Descriptor = {
  /** Bytes before the frame's bytes. */
  readonly bytes: number;
  /** First packet of the frame: start of partition 0. */
  readonly startsFrame: boolean;
  /** No other frame refers to this one. */
  readonly nonReference: boolean;
  readonly pictureId?: number;
  /** 7 or 15; with `pictureId`. */
  readonly pictureIdBits?: 7 | 15;
  readonly tl0PicIdx?: number;
  readonly temporalId?: number;
  /** Layer sync: refers to base layer frames only; with `temporalId`. */
  readonly layerSync?: boolean;
};

/** A VP9 payload descriptor (RFC 9628 §4.2). */
export type Vp9Descriptor = {
  readonly bytes: number;
  /** First and last packet of a layer frame. */
  readonly startsLayer: boolean;
  readonly endsLayer: boolean;
  /** Refers to earlier pictures. */
  readonly interPredicted: boolean;
  readonly pictureId?: number;
  readonly spatialId?: number;
  readonly temporalId?: number;
};

/** Reads a VP8 payload descriptor; `undefined` when no byte of the frame follows it. */
export function parseVp8Descriptor(payload: Uint8Array): Vp8Descriptor | undefined {
  const first = payload[0] ?? 0;
  const startsFrame = (first & 0x17) === 0x10;
  const nonReference = (first & 0x20) !== 0;
  if ((first & 0x80) === 0) return payload.length > 1 ? { bytes: 1, startsFrame, nonReference } : undefined;
  const flags = payload[1] ?? 0;
  const at = locateVp8Fields(payload, flags);
  if (at.end >= payload.length) return undefined;
  return {
    bytes: at.end,
    startsFrame,
    nonReference,
    ...((flags & 0x80) !== 0 ? readPictureId(payload, 2) : undefined),
    ...((flags & 0x40) !== 0 ? { tl0PicIdx: payload[at.tl0] ?? 0 } : undefined),
    ...((flags & 0x20) !== 0 ? readVp8Layer(payload[at.layer] ?? 0) : undefined),
  };
}

/**
 * Writes PictureID and TL0PICIDX into a VP8 payload in place, each only where the field exists and in the width
 * it has. Returns `false` and writes nothing when the descriptor is damaged.
 */
export function rewriteVp8Descriptor(
  payload: Uint8Array,
  fields: { readonly pictureId?: number; readonly tl0PicIdx?: number },
): boolean {
  if (payload.length < 2) return false;
  if (((payload[0] ?? 0) & 0x80) === 0) return true;
  const flags = payload[1] ?? 0;
  const at = locateVp8Fields(payload, flags);
  if (at.end >= payload.length) return false;
  if ((flags & 0x80) !== 0 && fields.pictureId !== undefined) {
    const long = ((payload[2] ?? 0) & 0x80) !== 0;
    payload[2] = long ? 0x80 | ((fields.pictureId >>> 8) & 0x7f) : fields.pictureId & 0x7f;
    if (long) payload[3] = fields.pictureId & 0xff;
  }
  if ((flags & 0x40) !== 0 && fields.tl0PicIdx !== undefined) payload[at.tl0] = fields.tl0PicIdx & 0xff;
  return true;
}

/** Reads a VP9 payload descriptor; `undefined` when no byte of the frame follows it. */
export function parseVp9Descriptor(payload: Uint8Array): Vp9Descriptor | undefined {
  const flags = payload[0] ?? 0;
  const hasPictureId = (flags & 0x80) !== 0;
  const interPredicted = (flags & 0x40) !== 0;
  const flexible = (flags & 0x10) !== 0;
  const picture = hasPictureId ? readPictureId(payload, 1) : undefined;
  let at = 1 + (picture === undefined ? 0 : picture.pictureIdBits === 15 ? 2 : 1);
  const hasLayer = (flags & 0x20) !== 0;
  const layer = payload[at] ?? 0;
  if (hasLayer) at += flexible ? 1 : 2;
  if (flexible && interPredicted) {
    let references = 0;
    do {
      at += 1;
      references += 1;
    } while (references < 3 && ((payload[at - 1] ?? 0) & 1) === 1);
  }
  if ((flags & 0x02) !== 0) at = skipScalabilityStructure(payload, at);
  if (at >= payload.length) return undefined;
  return {
    bytes: at,
    startsLayer: (flags & 0x08) !== 0,
    endsLayer: (flags & 0x04) !== 0,
    interPredicted,
    ...(picture === undefined ? undefined : { pictureId: picture.pictureId }),
    ...(hasLayer ? { temporalId: layer >>> 5, spatialId: (layer >>> 1) & 7 } : undefined),
  };
}

/** Returns the layers a payload belongs to, where the codec's descriptor says so (VP8, VP9). */
export function spatialTemporalIds(
  codec: string,
  payload: Uint8Array,
): { readonly spatialId: number; readonly temporalId: number } | undefined {
  if (codec !== 'vp8' && codec !== 'vp9') return undefined;
  const descriptor: { spatialId?: number; temporalId?: number } | undefined =
    codec === 'vp8' ? parseVp8Descriptor(payload) : parseVp9Descriptor(payload);
  if (descriptor?.temporalId === undefined) return undefined;
  return { spatialId: descriptor.spatialId ?? 0, temporalId: descriptor.temporalId };
}

/** Finds where the optional fields of an extended VP8 descriptor stand. */
function locateVp8Fields(payload: Uint8Array, flags: number): { tl0: number; layer: number; end: number } {
  let at = 2;
  if ((flags & 0x80) !== 0) at += ((payload[2] ?? 0) & 0x80) !== 0 ? 2 : 1;
  const tl0 = at;
  if ((flags & 0x40) !== 0) at += 1;
  const layer = at;
  if ((flags & 0x30) !== 0) at += 1;
  return { tl0, layer, end: at };
}

function readVp8Layer(byte: number): { temporalId: number; layerSync: boolean } {
  return { temporalId: byte >>> 6, layerSync: (byte & 0x20) !== 0 };
}

function readPictureId(payload: Uint8Array, at: number): { pictureId: number; pictureIdBits: 7 | 15 } {
  const first = payload[at] ?? 0;
  if ((first & 0x80) === 0) return { pictureId: first, pictureIdBits: 7 };
  return { pictureId: ((first & 0x7f) << 8) | (payload[at + 1] ?? 0), pictureIdBits: 15 };
}

/** Skips a scalability structure (RFC 9628 §4.2.1); its counts are at most 8 sizes and 255 pictures of 4 bytes. */
function skipScalabilityStructure(payload: Uint8Array, start: number): number {
  const head = payload[start] ?? 0;
  let at = start + 1;
  if ((head & 0x10) !== 0) at += 4 * ((head >>> 5) + 1);
  if ((head & 0x08) === 0) return at;
  const pictures = payload[at] ?? 0;
  at += 1;
  for (let i = 0; i < pictures && at < payload.length; i += 1) at += 1 + (((payload[at] ?? 0) >>> 2) & 3);
  return at;
}
