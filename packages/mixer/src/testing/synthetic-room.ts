// A room of flash-and-beep participants written straight to tapes, as capture would have taped them: own clocks,
// network delay, sender reports; and the film that came of it, watched.

import { join } from 'node:path';
import { type MixRequest, type MixSettings, parseMixRequest } from '@roomtape/api';
import { createAudioDecoder, createVideoDecoder, type Picture } from '@roomtape/ffmpeg';
import { createSystemClock, describeConfig, silentLog, ticks, type UnixUs, unixUs, usToTicks } from '@roomtape/media';
import { openTape, openTapeReader, type TapeEntry } from '@roomtape/tape';
import {
  BeepDetector,
  type BeepFact,
  createSyntheticSource,
  participantOfBeepHz,
  readPicture,
} from '@roomtape/testkit';
import type { Rect } from '../layout/tile.ts';
import type { MixStream } from '../mix-job.ts';

/** Wall time at which every test's film begins. */
export const START = 1_800_000_000_000_000;

/** A wall time by seconds of the room. */
export function at(seconds: number): UnixUs {
  return unixUs(Math.round(START + seconds * 1e6));
}

/** Settings as the server makes them of a request. */
export function settingsOf(request: MixRequest): MixSettings {
  return parseMixRequest(request) as MixSettings;
}

/** A lower simulcast layer; it may come and go while the guest is there. */
export type GuestLayer = {
  readonly rid: string;
  readonly width: number;
  readonly height: number;
  readonly from?: number;
  readonly to?: number;
  /** Ends without a word, as a sender switches a layer off. */
  readonly isSilentAtEnd?: boolean;
};

/** One participant, present from one second to another. */
export type Guest = {
  readonly name: string;
  readonly index: number;
  readonly from?: number;
  readonly to: number;
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly media?: 'audio-video' | 'audio' | 'video';
  readonly gopSeconds?: number;
  readonly layers?: readonly GuestLayer[];
  /** Seconds of the room in which nothing of it arrived. */
  readonly lost?: readonly [number, number];
  readonly extra?: readonly { readonly at: number; readonly entry: TapeEntry }[];
};

const TRACKS = { video: { trackId: 1, clockRate: 90_000 }, audio: { trackId: 2, clockRate: 48_000 } } as const;

/** The entries of a guest's tape, in order of arrival. */
export function entriesOf(guest: Guest): TapeEntry[] {
  const { name, index, from = 0, to, lost } = guest;
  const source = createSyntheticSource({
    name,
    participantIndex: index,
    width: guest.width ?? 160,
    height: guest.height ?? 96,
    fps: guest.fps ?? 30,
    media: guest.media ?? 'audio-video',
    gopSeconds: guest.gopSeconds ?? 1,
    // Flashes fall on whole seconds of the room, whenever the guest joins.
    signalStartUs: Math.round((from % 1) * 1e6),
  });
  const timed: { at: number; entry: TapeEntry }[] = [...(guest.extra ?? [])].map((item) => ({
    ...item,
    at: at(item.at),
  }));
  const begun = unixUs(at(from) - 1000);
  const put = (when: number, entry: TapeEntry): number => timed.push({ at: when, entry });
  put(begun - 1, { kind: 'tape-opened', at: begun, tapeId: name, roomId: 'room', streamId: name, userId: name });
  const ticksAt = (kind: 'audio' | 'video', us: number) =>
    ticks(usToTicks(us, TRACKS[kind].clockRate) + (kind === 'video' ? 777_000 : 123_456) * (index + 1));
  const kinds = (['video', 'audio'] as const).filter((kind) => source[kind] !== undefined);
  for (const kind of kinds) {
    const codec = kind === 'video' ? 'h264' : 'opus';
    put(begun, { kind: 'track-added', at: begun, mediaKind: kind, codec, ...TRACKS[kind] });
    for (let second = from; second < to; second += 1) {
      const arrivedAt = unixUs(at(second) + 30_000);
      const senderAt = unixUs(at(second) + 5_000_000_000 + index * 1000);
      put(arrivedAt, {
        kind: 'clock-anchor',
        trackId: TRACKS[kind].trackId,
        ticks: ticksAt(kind, (second - from) * 1e6),
        senderAt,
        arrivedAt,
      });
    }
  }
  let hasConfig = false;
  for (const { kind, type, ptsUs, data } of source.read((to - from) * 1e6 - 1)) {
    const when = at(from) + ptsUs;
    if (lost !== undefined && when >= at(lost[0]) && when < at(lost[1])) continue;
    const arrivedAt = unixUs(Math.round(when + 20_000 + ((ptsUs / 1000) % 7) * 1000));
    const { trackId } = TRACKS[kind];
    if (kind === 'video' && type === 'key' && !hasConfig) {
      hasConfig = true;
      const facts = describeConfig('h264', data);
      if (facts !== undefined) put(arrivedAt, { kind: 'config-changed', at: arrivedAt, trackId, ...facts });
    }
    const pts = ticksAt(kind, ptsUs);
    put(arrivedAt, { kind: 'frame', trackId, type, pts, dts: pts, arrivedAt, data });
  }
  source.close();
  for (const [index, layer] of (guest.layers ?? []).entries()) timed.push(...layerEntries(guest, layer, 10 + index));
  return timed.sort((a, b) => a.at - b.at).map(({ entry }) => entry);
}

/** A layer is a track of its own, with a clock of its own. */
function layerEntries(guest: Guest, layer: GuestLayer, trackId: number): { at: number; entry: TapeEntry }[] {
  const { rid, from = guest.from ?? 0, to = guest.to, width, height } = layer;
  const guestAs = { ...guest, from, to, width, height, layers: [], extra: [], media: 'video' } as const;
  const [own, ...entries] = entriesOf(guestAs).map((entry) => ({ at: timeOf(entry), entry }));
  const first = own?.at ?? 0;
  const timed = entries.map(({ at: when, entry }) => ({
    at: Math.max(when, first),
    entry:
      'trackId' in entry
        ? ({ ...entry, trackId, ...(entry.kind === 'track-added' ? { rid } : {}) } as TapeEntry)
        : entry,
  }));
  if (layer.isSilentAtEnd !== true) {
    const ended = unixUs(at(to) + 20_000);
    timed.push({ at: ended, entry: { kind: 'track-ended', at: ended, trackId, reason: 'test' } });
  }
  return timed;
}

function timeOf(entry: TapeEntry): number {
  return 'arrivedAt' in entry ? entry.arrivedAt : 'at' in entry ? entry.at : entry.toAt;
}

/** Writes a guest's tape, sealed, and tells the mix's facts of it. */
export async function tapeGuest(folder: string, guest: Guest): Promise<MixStream> {
  const tapeDirectory = join(folder, guest.name);
  const writer = await openTape({
    directory: tapeDirectory,
    tapeId: guest.name,
    clock: createSystemClock(),
    log: silentLog,
    limits: { queueBytesMax: 1 << 30 },
  });
  for (const entry of entriesOf(guest)) writer.append(entry);
  await writer.seal('test');
  await writer.close();
  return streamOf(tapeDirectory, guest);
}

/** What the facts of a mix say of a guest. */
export function streamOf(tapeDirectory: string, guest: Guest): MixStream {
  const { name, index, from = 0, to } = guest;
  return {
    ...{
      inputId: name,
      streamId: name,
      userId: name,
      userName: name,
      joinedOrder: index,
      kind: 'camera',
      tapeDirectory,
    },
    joinedAt: at(from),
    leftAt: at(to),
  };
}

/** A film as it is on its tape. */
export type WatchedFilm = {
  /** Times of all pictures, µs of the film. */
  readonly picturesUs: readonly number[];
  readonly beeps: readonly BeepFact[];
  readonly soundUs: number;
  readonly errors: number;
  readonly keyframes: number;
};

/** Decodes a film's tape; `look` sees every picture. */
export function watchFilm(directory: string, look: (filmUs: number, picture: Picture) => void = () => {}): WatchedFilm {
  const video = createVideoDecoder('h264');
  const audio = createAudioDecoder({ codec: 'opus', channels: 1 });
  const detector = new BeepDetector();
  const picturesUs: number[] = [];
  let [soundUs, keyframes] = [0, 0];
  const see = (pictures: ReturnType<typeof video.decode>): void => {
    for (const { ptsUs, picture } of pictures) {
      picturesUs.push(ptsUs);
      look(ptsUs, picture);
    }
  };
  const reader = openTapeReader(directory);
  for (const { entry } of reader) {
    if (entry.kind !== 'frame') continue;
    if (entry.trackId === 1) {
      if (entry.type === 'key') keyframes += 1;
      see(video.decode(entry.data, Math.round(((entry.pts - 90_000) * 100) / 9)));
      continue;
    }
    const first = entry.pts - 48_000;
    for (const { samples } of audio.decode(entry.data, 0))
      detector.push(samples[0] ?? new Float32Array(), Math.max(0, first));
    soundUs = ((first + 960) * 1e6) / 48_000;
  }
  see(video.flush());
  const watched = {
    picturesUs,
    beeps: detector.finish(),
    soundUs,
    errors: video.errorCount() + audio.errorCount(),
    keyframes,
  };
  reader.close();
  video.close();
  audio.close();
  return watched;
}

/** Who stands in a rectangle of a picture: a participant's number, `undefined` for nobody. */
export function whoIsIn(picture: Picture, rect: Rect): { who: number | undefined; isFlash: boolean } {
  const luma = { data: picture.y, stride: picture.width, width: picture.width, height: picture.height };
  const reading = readPicture(luma, rect);
  return { who: reading.participantIndex, isFlash: reading.isFlash };
}

/** Onsets of a participant's beeps, µs of the film. */
export function beepsOf(film: WatchedFilm, index: number): number[] {
  return film.beeps.filter((beep) => participantOfBeepHz(beep.frequencyHz) === index).map((beep) => beep.startUs);
}
