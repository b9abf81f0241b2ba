// Which tiles a room shows, and how they are laid out. Pure.

import type { Stream } from '@roomtape/api';
import type { StreamQuality } from '@roomtape/sdk';
import { isMixingDesk } from './identity.ts';
import type { RoomView, Visit } from './room-session.ts';

/** One tile: a stream, or a participant who sends none. */
export type TileFacts = {
  readonly key: string;
  readonly userName: string;
  readonly isMine: boolean;
  readonly isScreen: boolean;
  readonly mediaStream: MediaStream | undefined;
  readonly isAudioMuted: boolean;
  readonly hasPicture: boolean;
  readonly state: 'live' | 'connecting' | 'interrupted' | 'watching';
  readonly isRecorded: boolean;
  readonly quality: StreamQuality | undefined;
};

/** Lists the tiles: screens first, then oneself, then the others in the order they came; a mixing desk has none. */
export function listTiles(view: RoomView, visit: Visit, mine: ReadonlySet<string>): TileFacts[] {
  const names = new Map(view.participants.map((participant) => [participant.userId, participant.userName]));
  names.set(visit.userId, visit.userName);
  const streams = view.streams.map((stream) =>
    tileOfStream(stream, { view, isMine: mine.has(stream.streamId), userName: names.get(stream.userId) }),
  );
  const publishing = new Set(view.streams.map((stream) => stream.userId));
  const watching = [...names]
    .filter(([userId]) => !publishing.has(userId) && !isMixingDesk(userId))
    .map(([userId, userName]) => tileOfWatcher({ userId, userName, isMine: userId === visit.userId }));
  return [...streams, ...watching].toSorted((a, b) => rank(a) - rank(b));
}

/** Chooses columns so that 16:9 tiles fill a stage best. */
export function columnsFor(count: number, stage: { width: number; height: number }): number {
  let best = { columns: 1, width: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const width = Math.min(stage.width / columns, (stage.height / rows) * (16 / 9));
    if (width > best.width) best = { columns, width };
  }
  return best.columns;
}

type StreamContext = { view: RoomView; isMine: boolean; userName: string | undefined };

function tileOfStream(stream: Stream, { view, isMine, userName }: StreamContext): TileFacts {
  const mediaStream = view.media.get(stream.streamId);
  const track = (kind: 'audio' | 'video') => stream.tracks.find((one) => one.kind === kind);
  const isScreen = stream.streamId.endsWith('-screen');
  const isOff = isMine && !isScreen ? !view.isCameraOn : track('video')?.muted === true;
  const isSilent = isMine && !isScreen ? !view.isMicrophoneOn : track('audio')?.muted === true;
  const hasTrack = isMine ? (mediaStream?.getVideoTracks().length ?? 0) > 0 : track('video') !== undefined;
  return {
    key: stream.streamId,
    userName: userName ?? stream.userId,
    isMine,
    isScreen,
    mediaStream,
    isAudioMuted: isSilent,
    hasPicture: hasTrack && !isOff,
    state: view.troubled.has(stream.streamId) ? 'interrupted' : stream.state,
    isRecorded: stream.recording,
    quality: view.quality.get(stream.streamId),
  };
}

function tileOfWatcher(who: { userId: string; userName: string; isMine: boolean }): TileFacts {
  return {
    key: who.userId,
    userName: who.userName,
    isMine: who.isMine,
    isScreen: false,
    mediaStream: undefined,
    isAudioMuted: false,
    hasPicture: false,
    state: 'watching',
    isRecorded: false,
    quality: undefined,
  };
}

function rank(tile: TileFacts): number {
  if (tile.isScreen) return 0;
  return tile.isMine ? 1 : 2;
}
