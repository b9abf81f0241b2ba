// One input's picture from the layer that fits its tile: the smallest that is not smaller than it. Who is chosen
// depends on the tapes and the tiles of the moment alone, so that a film made again is the same.

import type { NativePicture } from '@roomtape/ffmpeg';
import type { Size, Tile } from '../layout/tile.ts';
import { PictureLane, REORDER_US } from './picture-lane.ts';
import type { TapedLayer, TapeFeed, WaitingFrame } from './tape-feed.ts';

/** What a tile wants of a picture, px. `isFitted`: all of it is shown, so that one side that is large enough will do. */
export type PictureNeed = Size & { readonly isFitted: boolean };

/** A picture as the tiles see it. */
export type ShownPicture = {
  /** Valid until the input goes on. */
  readonly current: NativePicture | undefined;
  /** Changes with the picture. */
  readonly serial: number;
};

/** A layer that has nothing when another one is this much newer was switched off by its sender, µs. */
const SILENT_US = 500_000;

/** The picture of one input. */
export class LayeredLane implements ShownPicture {
  readonly #feed: Pick<TapeFeed, 'video' | 'layers'>;
  readonly #best: Layer;
  readonly #lower = new Map<string, Layer>();
  #shown: Layer;
  #serial = 0;
  #serialOf = -1;

  constructor(feed: Pick<TapeFeed, 'video' | 'layers'>) {
    this.#feed = feed;
    this.#best = new Layer(feed.video, NEVER_ENDS, true);
    this.#shown = this.#best;
  }

  get current(): NativePicture | undefined {
    // A decoder may hold the first picture back: what there is is better than nothing.
    return this.#shown.lane.current ?? this.#best.lane.current;
  }

  get serial(): number {
    return this.#serial;
  }

  /** Frames that wait to be decoded or shown. */
  get waiting(): number {
    return this.#layers().reduce((sum, { lane }) => sum + lane.waiting, 0);
  }

  /** Packets the codecs refused so far. */
  get errors(): number {
    return this.#layers().reduce((sum, { lane }) => sum + lane.errors, 0);
  }

  /** The layer that is shown; empty: the best one. */
  get rid(): string {
    for (const [rid, layer] of this.#lower) if (layer === this.#shown) return rid;
    return '';
  }

  /** Goes on to the newest picture not after a wall time; without a `need` nobody sees it. */
  advance(wall: number, need: PictureNeed | undefined): void {
    for (const [rid, taped] of this.#feed.layers) {
      if (!this.#lower.has(rid)) this.#lower.set(rid, new Layer(taped.video, taped, false));
    }
    const layers = this.#layers();
    if (layers.length > 1) for (const layer of layers) layer.note(wall);
    const before = this.#shown;
    if (need !== undefined && layers.length > 1) this.#shown = choose(layers, need, wall);
    for (const layer of layers) layer.lane.advance(wall, need !== undefined && layer === this.#shown);
    const { serial } = this.#shown.lane;
    if (this.#shown === before && serial === this.#serialOf) return;
    this.#serialOf = serial;
    this.#serial += 1;
  }

  /** Lets go of decoders that have nothing to decode; the picture stays. For inputs of which nothing more comes. */
  rest(): void {
    for (const { lane } of this.#layers()) lane.rest();
  }

  /** Gives everything back. */
  close(): void {
    for (const { lane } of this.#layers()) lane.close();
  }

  #layers(): readonly Layer[] {
    return this.#lower.size === 0 ? [this.#best] : [this.#best, ...this.#lower.values()];
  }
}

/** What the tiles want, by input; the largest where an input stands in several. */
export function needsOf(tiles: readonly Tile[]): ReadonlyMap<string, PictureNeed> {
  const needs = new Map<string, PictureNeed>();
  for (const { inputId, rect, fit } of tiles) {
    if (inputId === undefined) continue;
    const known = needs.get(inputId);
    needs.set(inputId, {
      width: Math.max(rect.width, known?.width ?? 0),
      height: Math.max(rect.height, known?.height ?? 0),
      isFitted: fit === 'fit' && known?.isFitted !== false,
    });
  }
  return needs;
}

const NEVER_ENDS: Pick<TapedLayer, 'ends'> = { ends: [] };

/** One layer: its frames, and what is known of it at the film's moment. */
class Layer {
  readonly lane: PictureLane;
  readonly #video: readonly WaitingFrame[];
  readonly #taped: Pick<TapedLayer, 'ends'>;
  readonly #isBest: boolean;
  size: Size | undefined;
  /** Wall time of its newest frame that is due; -Infinity before its first keyframe. */
  newestWall = Number.NEGATIVE_INFINITY;

  constructor(video: WaitingFrame[], taped: Pick<TapedLayer, 'ends'>, isBest: boolean) {
    this.lane = new PictureLane({ video });
    this.#video = video;
    this.#taped = taped;
    this.#isBest = isBest;
  }

  /** Looks at the frames that become due, before they are taken. */
  note(wall: number): void {
    for (const item of this.#video) {
      if (item.wall > (item.mayReorder ? wall + REORDER_US : wall)) return;
      if (item.frame.type === 'key') this.size = item.size;
      this.newestWall = Math.max(this.newestWall, item.wall);
    }
  }

  /** Whether its track ended after its newest frame: another track holds the layer now, or nobody sends it. */
  hasEnded(wall: number): boolean {
    return this.#taped.ends.some((end) => end > this.newestWall && end <= wall);
  }

  get pixels(): number {
    if (this.size === undefined) return this.#isBest ? Number.POSITIVE_INFINITY : 0;
    return this.size.width * this.size.height;
  }

  covers(need: PictureNeed): boolean {
    if (this.size === undefined) return this.#isBest;
    const [isWide, isHigh] = [this.size.width >= need.width, this.size.height >= need.height];
    return need.isFitted ? isWide || isHigh : isWide && isHigh;
  }
}

/** The smallest layer not smaller than the tile, or the largest; only what still comes, while anything does. */
function choose(layers: readonly Layer[], need: PictureNeed, wall: number): Layer {
  const open = layers.filter((layer) => !layer.hasEnded(wall));
  const newest = Math.max(...open.map(({ newestWall }) => newestWall));
  const alive = open.filter(({ newestWall }) => newestWall >= newest - SILENT_US).sort((a, b) => a.pixels - b.pixels);
  return alive.find((layer) => layer.covers(need)) ?? alive.at(-1) ?? (layers[0] as Layer);
}
