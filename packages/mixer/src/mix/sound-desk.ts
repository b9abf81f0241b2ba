// The sound of the film: every input's lane, volumes, the sum, the limiter and the encoder, twenty milliseconds at a
// time. Begins anywhere: what lies before the film's end on its tape is mixed only to warm up.

import { type AudioEncoder, createAudioEncoder } from '@roomtape/ffmpeg';
import { type MediaUs, mediaUs, OPUS_GUESS_US_MAX } from '@roomtape/media';
import type { FilmTime } from '../plan/film-time.ts';
import { Limiter } from '../sound/limiter.ts';
import { type LevelLine, LoudnessMeter, type TenthLevels } from '../sound/loudness.ts';
import { SoundLane, type SoundSource } from '../sound/sound-lane.ts';
import { PACKET_SAMPLES } from './film-tape.ts';
import type { TapeFeed, WaitingFrame } from './tape-feed.ts';

/** What a sound desk needs. */
export type SoundDeskOptions = {
  readonly channels: 1 | 2;
  readonly bitrate: number;
  /** Packets that are on the tape already. */
  readonly firstPacket: number;
  readonly onPacket: (index: number, data: Uint8Array) => void;
  readonly onTenth: (levels: TenthLevels, filmUs: MediaUs) => void;
  readonly onSecond: (line: LevelLine) => void;
};

/** One input as the desk hears it. */
export type Voice = { readonly inputId: string; readonly feed: HeardFeed; readonly gain: number };

/** What the desk takes from a tape. */
export type HeardFeed = Pick<TapeFeed, 'audio' | 'story'>;

const PACKET_US = 20_000;
/** Levels remember this much; so does who speaks, in practice. */
const WARM_UP_PACKETS = 250;
/** A new encoder sounds right after so many packets. */
const ENCODER_WARM_UP_PACKETS = 10;
/**
 * Sound is decoded this much before it is mixed: a block begins before the packet it lies in ends, and a hole in it is
 * filled when the packet after it is seen.
 */
const AHEAD_US = OPUS_GUESS_US_MAX + 2 * PACKET_US;

/** Mixes the sound of one film. */
export class SoundDesk {
  readonly #options: SoundDeskOptions;
  readonly #lanes = new Map<string, SoundLane>();
  readonly #limiter = new Limiter();
  readonly #meter: LoudnessMeter;
  readonly #encoder: AudioEncoder;
  /** The next block to mix, and the next one to encode. */
  #block: number;
  #encoded: number;

  constructor(options: SoundDeskOptions) {
    this.#options = options;
    const { channels, bitrate, firstPacket } = options;
    this.#encoder = createAudioEncoder({ codec: 'opus', channels, bitrate });
    this.#meter = new LoudnessMeter(options);
    this.#block = Math.max(0, firstPacket - WARM_UP_PACKETS);
    // Tenths begin at whole tenths.
    this.#block -= this.#block % 50;
    this.#encoded = this.#block;
  }

  /** Film time up to which sound is mixed, µs. */
  get mixedUs(): number {
    return this.#block * PACKET_US;
  }

  /** Mixes the next block. */
  mixBlock(voices: readonly Voice[], time: FilmTime): void {
    const planes = Array.from({ length: this.#options.channels }, () => new Float32Array(PACKET_SAMPLES));
    const fromUs = this.#block * PACKET_US;
    for (const { inputId, feed, gain } of voices) {
      let lane = this.#lanes.get(inputId);
      if (feed.audio.length === 0 && lane === undefined) continue;
      lane ??= new SoundLane(this.#options.channels);
      this.#lanes.set(inputId, lane);
      decodeDue(lane, feed, { time, untilUs: fromUs + AHEAD_US });
      const energy = lane.take(this.#block * PACKET_SAMPLES, { planes, gain });
      this.#meter.add(inputId, energy / PACKET_SAMPLES);
    }
    this.#block += 1;
    this.#meter.endBlock(fromUs);
    this.#encode(this.#limiter.push(planes));
  }

  /** Encodes what is still held. */
  finish(): void {
    this.#encode(this.#limiter.push([new Float32Array(PACKET_SAMPLES), new Float32Array(PACKET_SAMPLES)]));
  }

  /** Lets go of an input that is gone for good. */
  forget(inputId: string): void {
    this.#lanes.get(inputId)?.close();
    this.#lanes.delete(inputId);
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close();
    this.#encoder.close();
  }

  #encode(planes: readonly Float32Array[] | undefined): void {
    if (planes === undefined) return;
    const index = this.#encoded;
    this.#encoded += 1;
    const { firstPacket, onPacket } = this.#options;
    if (index < firstPacket - ENCODER_WARM_UP_PACKETS) return;
    const packets = this.#encoder.encode(planes, mediaUs(index * PACKET_US));
    // One block in, one packet out; its time lies before the block's by what the encoder delays.
    for (const { data } of packets) if (index >= firstPacket) onPacket(index, data);
  }
}

function decodeDue(lane: SoundLane, feed: HeardFeed, until: { time: FilmTime; untilUs: number }): void {
  const { time, untilUs } = until;
  let used = 0;
  for (const item of feed.audio) {
    const { wall, frame } = item;
    const filmUs = time.filmOf(wall);
    if (filmUs !== undefined && filmUs > untilUs) break;
    if (filmUs === undefined && wall > time.wallOf(untilUs)) break;
    used += 1;
    const source = sourceOf(item);
    if (filmUs === undefined || source === undefined) continue;
    const lostUs = lane.lostBefore(filmUs, source);
    if (lostUs > 0 && isHeard(feed, time, { wall, filmUs, lostUs })) lane.conceal(filmUs, source);
    lane.push({ data: frame.data, filmUs }, source);
  }
  feed.audio.splice(0, used);
}

function sourceOf({ added, config }: WaitingFrame): SoundSource | undefined {
  const { codec, trackId } = added;
  if (codec !== 'opus' && codec !== 'aac') return undefined;
  return { codec, key: `${trackId} ${codec}`, ...(config === undefined || codec === 'opus' ? {} : { config }) };
}

/** Whether a hole lies where the microphone was on and the film goes on: a mute or a cut has no sound to guess. */
function isHeard(
  { story }: HeardFeed,
  time: FilmTime,
  hole: { readonly wall: number; readonly filmUs: number; readonly lostUs: number },
): boolean {
  // With the end of the packet before it.
  const sinceUs = hole.lostUs + PACKET_US / 2;
  const from = hole.wall - sinceUs;
  const isCut = time.filmOf(from) !== hole.filmUs - sinceUs;
  const isMuted = story.changes.some(({ at, state }) => state.isMuted && at > from && at <= hole.wall);
  return !isCut && !isMuted && story.at(from)?.isMuted !== true;
}
