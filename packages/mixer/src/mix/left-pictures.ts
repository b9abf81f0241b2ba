// Last pictures of inputs that are gone and have a tile again: read from their tapes when a layout asks for them, and
// forgotten with the tile. Nothing is decoded twice, and no decoder stays open for a picture that never changes.

import type { Log } from '@roomtape/media';
import { newestChunkStart } from '@roomtape/tape';
import type { MixStream } from '../mix-job.ts';
import { LayeredLane, type PictureNeed } from './layered-lane.ts';
import { TapeFeed } from './tape-feed.ts';

/** What is left of inputs that are gone. */
export class LeftPictures {
  readonly #log: Log;
  readonly #lanes = new Map<string, LayeredLane>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Inputs whose pictures are held. */
  get inputIds(): readonly string[] {
    return [...this.#lanes.keys()];
  }

  /** The picture of an input since its last `show`; `undefined` when it is not held. */
  of(inputId: string): LayeredLane | undefined {
    return this.#lanes.get(inputId);
  }

  /** Has the last picture of an input at hand, of the layer that fits its tile. */
  show(stream: MixStream, wall: number, need: PictureNeed): void {
    let lane = this.#lanes.get(stream.inputId);
    lane ??= new LayeredLane(this.#read(stream, wall));
    this.#lanes.set(stream.inputId, lane);
    lane.advance(wall, need);
    lane.rest();
  }

  /** Lets go of all but those that are seen. */
  keepOnly(seen: ReadonlySet<string | undefined>): void {
    for (const [inputId, lane] of this.#lanes) {
      if (seen.has(inputId)) continue;
      lane.close();
      this.#lanes.delete(inputId);
    }
  }

  /** The last minutes of a tape are enough, but where there is no keyframe in them. */
  #read(stream: MixStream, wall: number): TapeFeed {
    const start = { pictureWall: wall, soundWall: Number.POSITIVE_INFINITY };
    const read = (fromSequence: number): TapeFeed => {
      const feed = new TapeFeed(stream, { log: this.#log, start, fromSequence });
      feed.readTo(Number.POSITIVE_INFINITY, true);
      return feed;
    };
    const newest = newestChunkStart(stream.tapeDirectory);
    const feed = read(newest);
    return feed.video.length > 0 || newest === 0 ? feed : read(0);
  }
}
