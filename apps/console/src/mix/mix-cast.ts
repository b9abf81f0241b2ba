// Who stands in the picture, as the layout functions want to know it: from the room now, or from what was recorded. Pure.

import type { Participant, Recording, Stream } from '@roomtape/api';
import type { MixInput } from '@roomtape/mixer/layout';

/** The streams of a room in the order they were published; a live view of a mix is none of its inputs. */
export function inputsOfRoom(
  streams: readonly Stream[],
  participants: readonly Participant[],
  recordings: readonly Pick<Recording, 'recordingId'>[],
): MixInput[] {
  const names = new Map(participants.map(({ userId, userName }) => [userId, userName]));
  const mixes = new Set(recordings.map(({ recordingId }) => recordingId));
  return streams
    .filter(({ streamId }) => !mixes.has(streamId))
    .toSorted((a, b) => a.publishedAt.localeCompare(b.publishedAt))
    .map((stream, joinedOrder) => inputOfStream(stream, joinedOrder, names.get(stream.userId)));
}

/** Everybody who is in a recording. */
export function inputsOfRecording({ recordedStreams = [] }: Pick<Recording, 'recordedStreams'>): MixInput[] {
  return recordedStreams.map((stream, joinedOrder) => ({
    ...{ ...stream, inputId: stream.streamId, joinedOrder },
    ...{ hasVideo: true, hasAudio: true, isMuted: false },
  }));
}

/** Stand-ins, so that a layout can be seen before anybody is there; no request may name them. */
export function standIns(count: number): MixInput[] {
  return Array.from({ length: count }, (_, joinedOrder) => {
    const name = `Person ${joinedOrder + 1}`;
    const id = `person-${joinedOrder + 1}`;
    return {
      ...{ inputId: id, streamId: id, userId: id, userName: name, joinedOrder, kind: 'camera' },
      ...{ hasVideo: true, hasAudio: true, isMuted: false },
    };
  });
}

function inputOfStream(stream: Stream, joinedOrder: number, userName: string | undefined): MixInput {
  const { streamId, userId, tracks } = stream;
  const track = (kind: 'audio' | 'video') => tracks.find((one) => one.kind === kind);
  return {
    ...{
      inputId: streamId,
      streamId,
      userId,
      userName: userName ?? userId,
      joinedOrder,
      kind: stream.kind ?? 'camera',
    },
    hasVideo: track('video') !== undefined,
    hasAudio: track('audio') !== undefined,
    isMuted: track('audio')?.muted === true,
  };
}
