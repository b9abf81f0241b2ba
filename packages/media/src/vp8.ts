// VP8 frame header facts (RFC 6386 §9.1). Reads the first ten bytes of a frame and nothing else.

/** What the header of a VP8 frame says; the size is known on keyframes only. */
export type Vp8Header = {
  readonly keyframe: boolean;
  /** Whether the frame is meant to be shown. */
  readonly shown: boolean;
  readonly width?: number;
  readonly height?: number;
};

/** Tells whether decoding can start at this frame. */
export function isVp8Keyframe(data: Uint8Array): boolean {
  return parseVp8Header(data)?.keyframe === true;
}

/** Reads a VP8 frame header (RFC 6386 §9.1); `undefined` when cut short or without the keyframe start code. */
export function parseVp8Header(data: Uint8Array): Vp8Header | undefined {
  if (data.length < 3) return undefined;
  const tag = data[0] ?? 0;
  const shown = (tag & 0x10) !== 0;
  if ((tag & 1) === 1) return { keyframe: false, shown };
  if (data.length < 10 || data[3] !== 0x9d || data[4] !== 0x01 || data[5] !== 0x2a) return undefined;
  const width = (data[6] ?? 0) | (((data[7] ?? 0) & 0x3f) << 8);
  const height = (data[8] ?? 0) | (((data[9] ?? 0) & 0x3f) << 8);
  return width > 0 && height > 0 ? { keyframe: true, shown, width, height } : undefined;
}
