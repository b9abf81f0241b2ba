// Users' pictures, decoded and ready to be drawn. Each is loaded once; one that cannot be had is reported and left
// out, and tried again when it is asked for again and trying can help.

import type { Size } from '../layout/tile.ts';
import { type AssetError, asAssetError, assetError } from './asset-error.ts';
import type { Asset } from './asset-loader.ts';
import type { Drawable, Easel } from './easel.ts';
import { drawSvg } from './svg-drawing.ts';

/** Loads checked pictures; `AssetLoader` is one. */
export interface PictureSource {
  load(ref: string): Promise<Asset>;
}

/** A picture that cannot be had, and why. `ref` is shortened: it may hold the whole picture. */
export type PictureProblem = { readonly ref: string; readonly error: AssetError };

type Shelved = { readonly id: number; readonly drawable: Drawable };

const PICTURES_MAX = 64;
const LOADS_AT_ONCE = 4;
/** Nothing is drawn larger than a canvas; larger pictures are kept reduced, or memory would be theirs. */
const KEPT_SIDE_MAX = 1920;
const REF_SHOWN_MAX = 200;

/** Holds decoded pictures by reference. */
export class PictureShelf {
  readonly #easel: Easel;
  readonly #source: PictureSource;
  readonly #pictures = new Map<string, Shelved>();
  readonly #loading = new Map<string, Promise<PictureProblem | undefined>>();
  readonly #failed = new Map<string, PictureProblem>();
  #lastId = 0;

  constructor(easel: Easel, source: PictureSource) {
    this.#easel = easel;
    this.#source = source;
  }

  /** The picture and a number that names it, if it is there now. */
  find(ref: string | undefined): Shelved | undefined {
    if (ref === undefined) return undefined;
    const found = this.#pictures.get(ref);
    if (found === undefined) return undefined;
    this.#pictures.delete(ref);
    this.#pictures.set(ref, found);
    return found;
  }

  /** Loads what is not there yet, a few at a time; resolves with what cannot be had, never rejects. */
  async load(refs: Iterable<string>): Promise<PictureProblem[]> {
    const waiting = [...new Set(refs)].filter((ref) => !this.#pictures.has(ref)).slice(0, PICTURES_MAX);
    const problems: PictureProblem[] = [];
    const work = async (): Promise<void> => {
      for (let ref = waiting.shift(); ref !== undefined; ref = waiting.shift()) {
        const problem = await this.#loadOne(ref);
        if (problem !== undefined) problems.push(problem);
      }
    };
    await Promise.all(Array.from({ length: LOADS_AT_ONCE }, work));
    return problems;
  }

  #loadOne(ref: string): Promise<PictureProblem | undefined> {
    const failed = this.#failed.get(ref);
    if (failed !== undefined && !failed.error.retryable) return Promise.resolve(failed);
    const loading = this.#loading.get(ref) ?? this.#fetch(ref).finally(() => this.#loading.delete(ref));
    this.#loading.set(ref, loading);
    return loading;
  }

  async #fetch(ref: string): Promise<PictureProblem | undefined> {
    try {
      const asset = await this.#source.load(ref);
      this.#put(ref, await this.#decode(asset));
      return undefined;
    } catch (error) {
      const shown = ref.length > REF_SHOWN_MAX ? `${ref.slice(0, REF_SHOWN_MAX)}…` : ref;
      const problem = { ref: shown, error: asAssetError(error) };
      if (this.#failed.size >= PICTURES_MAX) this.#failed.clear();
      this.#failed.set(ref, problem);
      return problem;
    }
  }

  async #decode(asset: Asset): Promise<Drawable> {
    if (asset.type === 'svg') return this.#drawSvg(asset);
    const image = await this.#easel.decode(asset.bytes).catch(() => {
      throw assetError('ASSET_UNSUPPORTED', 'the picture is damaged');
    });
    const factor = Math.min(1, KEPT_SIDE_MAX / Math.max(asset.width, asset.height));
    if (factor === 1) return image;
    const { width, height } = scaled(asset, factor);
    const surface = this.#easel.surface({ width, height });
    surface.context.imageSmoothingQuality = 'high';
    surface.context.drawImage(image, 0, 0, width, height);
    return surface.drawable;
  }

  /** As large as a canvas can be: it looks right in every size below, and is drawn once. */
  async #drawSvg({ bytes, width, height }: Asset): Promise<Drawable> {
    const size = scaled({ width, height }, KEPT_SIDE_MAX / Math.max(width, height));
    const bitmap = await drawSvg({ bytes, ...size }).catch(() => {
      throw assetError('ASSET_UNSUPPORTED', 'the picture cannot be drawn');
    });
    return this.#easel.drawable(bitmap);
  }

  #put(ref: string, drawable: Drawable): void {
    this.#failed.delete(ref);
    this.#lastId += 1;
    this.#pictures.set(ref, { id: this.#lastId, drawable });
    const [oldest] = this.#pictures.keys();
    if (this.#pictures.size > PICTURES_MAX && oldest !== undefined) this.#pictures.delete(oldest);
  }
}

function scaled({ width, height }: Size, factor: number): Size {
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}
