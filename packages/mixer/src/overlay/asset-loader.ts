// Pictures users refer to: fetched within limits, their type read from their bytes, their size known before they are
// decoded. Hands out what may be decoded; keeps nothing.

import type { Clock } from '@roomtape/media';
import { isPublicAddress } from './address-rules.ts';
import { type AssetError, assetError } from './asset-error.ts';
import { looksLikeSvg, readImageHeader } from './image-header.ts';
import { fetchLimited, type ResolveName } from './limited-fetch.ts';
import { checkSvg } from './svg-check.ts';

/** A picture that was checked: `bytes` may be given to the decoder. */
export type Asset = {
  readonly type: 'png' | 'jpeg' | 'webp' | 'svg';
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
};

/** What pictures may cost. */
export type AssetLimits = {
  readonly timeoutMs: number;
  readonly bytesMax: number;
  readonly svgBytesMax: number;
  /** Longest side, px. */
  readonly sideMax: number;
  /** Width times height. */
  readonly pixelsMax: number;
  readonly redirectsMax: number;
};

/** 10 s, 5 MB (1 MB of SVG), 25 megapixels (100 MB once decoded), 5 redirects. */
export const ASSET_LIMITS: AssetLimits = {
  timeoutMs: 10_000,
  bytesMax: 5_000_000,
  svgBytesMax: 1_000_000,
  sideMax: 16_384,
  pixelsMax: 25_000_000,
  redirectsMax: 5,
};

/** What a loader needs from outside. */
export type AssetLoaderOptions = {
  readonly clock: Clock;
  readonly limits?: Partial<AssetLimits>;
  /** Lets pictures come from private, loopback and link-local addresses. */
  readonly allowPrivate?: boolean;
  /** Instead of `allowPrivate`: decides about each address. */
  readonly mayConnect?: (address: string) => boolean;
  /** Gives the bytes of `asset:ID`; without it such pictures are not found. */
  readonly readStored?: (assetId: string) => Promise<Uint8Array | undefined>;
  readonly resolve?: ResolveName;
};

const DATA_URL = /^data:image\/[\w.+-]+((?:;[\w=.+-]+)*),/i;
const DATA_URL_HEAD_MAX = 256;

/** Loads pictures by reference; any number at a time. */
export class AssetLoader {
  readonly #options: AssetLoaderOptions;
  readonly #limits: AssetLimits;

  constructor(options: AssetLoaderOptions) {
    this.#options = options;
    this.#limits = { ...ASSET_LIMITS, ...options.limits };
  }

  /** Fetches and checks one picture; rejects with an `AssetError`, never with anything else. */
  async load(ref: string): Promise<Asset> {
    const bytes = await this.#bytesOf(ref);
    if (bytes.length > this.#limits.bytesMax) throw this.#tooLarge();
    return this.#check(bytes);
  }

  async #bytesOf(ref: string): Promise<Uint8Array> {
    if (ref.startsWith('data:')) return bytesOfDataUrl(ref);
    if (ref.startsWith('asset:')) return this.#stored(ref.slice('asset:'.length));
    const { clock, allowPrivate = false, resolve } = this.#options;
    const mayConnect = this.#options.mayConnect ?? (allowPrivate ? () => true : isPublicAddress);
    return fetchLimited(ref, { ...this.#limits, clock, mayConnect, ...(resolve && { resolve }) });
  }

  async #stored(assetId: string): Promise<Uint8Array> {
    const bytes = await this.#options.readStored?.(assetId).catch(() => undefined);
    if (bytes === undefined) throw assetError('ASSET_NOT_FOUND', 'no such asset', { assetId });
    return bytes;
  }

  #check(bytes: Uint8Array): Asset {
    const header = readImageHeader(bytes);
    if (header === undefined) return this.#checkSvg(bytes);
    const { width, height } = header;
    const { sideMax, pixelsMax } = this.#limits;
    if (width > sideMax || height > sideMax || width * height > pixelsMax)
      throw assetError('ASSET_TOO_LARGE', `${width}×${height} is too large`, { width, height, sideMax, pixelsMax });
    return { ...header, bytes };
  }

  #checkSvg(bytes: Uint8Array): Asset {
    if (!looksLikeSvg(bytes)) throw assetError('ASSET_UNSUPPORTED', 'not PNG, JPEG, WebP or SVG');
    const { svgBytesMax, sideMax, pixelsMax } = this.#limits;
    const svg = checkSvg(bytes, { bytesMax: svgBytesMax, sideMax, pixelsMax });
    if ('reason' in svg)
      throw assetError(svg.reason === 'too-large' ? 'ASSET_TOO_LARGE' : 'ASSET_UNSUPPORTED', svg.message);
    return { type: 'svg', bytes: new TextEncoder().encode(svg.text), width: svg.width, height: svg.height };
  }

  #tooLarge(): AssetError {
    const { bytesMax } = this.#limits;
    return assetError('ASSET_TOO_LARGE', `the picture is larger than ${bytesMax} bytes`, { bytesMax });
  }
}

function bytesOfDataUrl(ref: string): Uint8Array {
  const head = DATA_URL.exec(ref.slice(0, DATA_URL_HEAD_MAX));
  if (head === null) throw assetError('ASSET_UNSUPPORTED', 'not a data: address of a picture');
  const body = ref.slice(head[0].length);
  if (/;base64$/i.test(head[1] ?? '')) return new Uint8Array(Buffer.from(body, 'base64'));
  try {
    return new TextEncoder().encode(decodeURIComponent(body));
  } catch {
    throw assetError('ASSET_UNSUPPORTED', 'not a data: address of a picture');
  }
}
