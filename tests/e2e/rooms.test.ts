// What people do in a room while it is recorded, against the real server, watched by the analyser. Six rooms at once:
// what happens in one does not touch another.

import type { Recording, RecordingFile } from '@roomtape/api';
import { RoomtapeError } from '@roomtape/media';
import { WhepClient } from '@roomtape/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../until.ts';
import { joinRoom } from './room-socket.ts';
import { Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(() => stage?.close(), 30_000);

/** A beep that the break cut off may measure as another participant's tone. */
const BROKEN_BEEP = { participantIndex: 0, otherBeeps: 'optional' } as const;

const fileOf = (recording: Recording, streamId: string): RecordingFile => {
  const [file, ...more] = recording.files.filter((candidate) => candidate.streamId === streamId);
  if (file === undefined || more.length > 0) throw new Error(`${1 + more.length} files of ${streamId}`);
  return file;
};
const secondsOf = ({ files }: Recording): number => (files[0]?.durationMs ?? 0) / 1000;
const gapsOf = (recordingId: string): string[] =>
  stage.accounts(recordingId).flatMap(({ tracks }) => tracks.map((track) => `${track.mediaKind} ${track.seconds}`));

describe('a recorded room', { timeout: 90_000, concurrent: true }, () => {
  it('gives each participant a file of their own, also who joins later', async () => {
    const roomId = 'apart';
    const ada = await stage.publish({ roomId, userId: 'ada' });
    const { recordingId } = await stage.client.recordings.start({ roomId });
    await stage.untilRecorded(recordingId, 2);

    const grace = await stage.publish({ roomId, userId: 'grace', source: { participantIndex: 3, codec: 'vp8' } });
    await stage.untilRecorded(recordingId, 4, 2);
    const recording = await stage.finish(recordingId);
    await Promise.all([ada.close(), grace.close()]);

    const first = await stage.expectGood(fileOf(recording, 'ada'), { participantIndex: 0, audio: 'required' });
    const second = await stage.expectGood(fileOf(recording, 'grace'), { participantIndex: 3, audio: 'required' });
    expect([first.analysis.container, second.analysis.container]).toEqual(['mp4', 'webm']);
    expect(first.file.durationMs - second.file.durationMs).toBeGreaterThan(1500);
    expect(stage.accounts(recordingId).map((account) => account.totals.missingMs)).toEqual([0, 0]);
  });

  it('goes on in one file when the same user publishes again, and keeps others out meanwhile', async () => {
    const roomId = 'again';
    const ada = await stage.publish({ roomId, userId: 'ada', streamId: 'camera' });
    const { recordingId } = await stage.client.recordings.start({ roomId });
    await stage.untilRecorded(recordingId, 3);

    ada.drop();
    const thief = await stage.participant({ roomId, userId: 'mallory', streamId: 'camera' });
    const refusal = await thief.connect().catch((error: unknown) => error);
    await ada.connect();
    const { files } = await stage.client.recordings.get(recordingId);
    await stage.untilRecorded(recordingId, (files[0]?.durationMs ?? 0) / 1000 + 4);
    const recording = await stage.finish(recordingId);
    await ada.close();

    expect(refusal).toBeInstanceOf(RoomtapeError);
    expect((refusal as RoomtapeError).details).toMatchObject({ code: 'STREAM_TAKEN' });
    const reasons = stage.gapReasons(recordingId);
    console.log(`republished: gaps ${reasons.join(' ')}; ${gapsOf(recordingId).join('; ')}`);
    expect(reasons).toContain('reconnect');
    expect(stage.accounts(recordingId).map((account) => account.totals.missingMs)).toEqual([0]);
    // The new connection has new clocks: where it goes on is known by arrival, to a picture.
    const spans = [{ fromS: 2, toS: 6, flash: 'optional', beep: 'optional' } as const];
    await stage.expectGood(fileOf(recording, 'camera'), { spans, cutsMax: 1, cadenceMsMax: 40, ...BROKEN_BEEP });
  });

  it('fills the time of a muted microphone with silence', async () => {
    const roomId = 'mute';
    const ada = await stage.publish({ roomId, userId: 'ada' });
    const socket = await joinRoom(stage, roomId, 'ada');
    const { recordingId } = await stage.client.recordings.start({ roomId });
    const mutedS = secondsOf(await stage.untilRecorded(recordingId, 2.5));

    socket.setMuted('ada', 'audio', true);
    ada.setMuted('audio', true);
    const unmutedS = secondsOf(await stage.untilRecorded(recordingId, mutedS + 3.5));
    ada.setMuted('audio', false);
    socket.setMuted('ada', 'audio', false);
    await stage.untilRecorded(recordingId, unmutedS + 3.5);
    const recording = await stage.finish(recordingId);
    socket.close();
    await ada.close();

    // What a file is known to have is up to two seconds less than what was said by then.
    const spans = [
      { fromS: mutedS - 0.5, toS: mutedS + 2, beep: 'optional' },
      { fromS: mutedS + 2, toS: unmutedS, beep: 'forbidden' },
      { fromS: unmutedS, toS: unmutedS + 2.5, beep: 'optional' },
    ] as const;
    await stage.expectGood(fileOf(recording, 'ada'), { spans });
    const [audio] = stage
      .accounts(recordingId)
      .flatMap((account) => account.tracks.filter((t) => t.mediaKind === 'audio'));
    expect(audio?.mutedMs).toBeGreaterThan(1500);
    expect(audio?.missingMs).toBe(0);
  });

  it('closes up what was paused', async () => {
    const roomId = 'pause';
    const ada = await stage.publish({ roomId, userId: 'ada' });
    const { recordingId } = await stage.client.recordings.start({ roomId });
    await stage.untilRecorded(recordingId, 3);

    await stage.client.recordings.pause(recordingId);
    const sent = ada.counts?.videoFrames ?? 0;
    await until('75 pictures are sent meanwhile', () => (ada.counts?.videoFrames ?? 0) - sent > 75);
    const during = await stage.client.recordings.get(recordingId);
    await stage.client.recordings.resume(recordingId);
    await stage.untilRecorded(recordingId, (during.files[0]?.durationMs ?? 0) / 1000 + 3);
    const recording = await stage.finish(recordingId);
    await ada.close();

    expect(during.state).toBe('paused');
    // The cut may go through a beep.
    const cutS = (during.files[0]?.durationMs ?? 0) / 1000;
    const spans = [{ fromS: cutS - 1.5, toS: cutS + 2.5, flash: 'optional', beep: 'optional' } as const];
    const { analysis } = await stage.expectGood(fileOf(recording, 'ada'), { spans, cutsMax: 1, ...BROKEN_BEEP });
    const [account] = stage.accounts(recordingId);
    const wallMs = ((account?.endedAt ?? 0) - (account?.startedAt ?? 0)) / 1000;
    console.log(`paused: ${analysis.durationMs} ms of ${wallMs.toFixed(0)} ms in the file`);
    expect(wallMs - analysis.durationMs).toBeGreaterThan(2000);
  });

  it('keeps Opus, takes sound alone, and records who sends only sound', async () => {
    const roomId = 'sound';
    const publishers = [
      await stage.publish({ roomId, userId: 'ada' }),
      await stage.publish({ roomId, userId: 'voice', source: { media: 'audio', participantIndex: 2 } }),
    ];
    const opus = await stage.client.recordings.start({ roomId, streams: ['ada'], audioCodec: 'opus' });
    const sound = await stage.client.recordings.start({ roomId, media: 'audio' });
    await stage.untilRecorded(sound.recordingId, 4, 2);
    await stage.untilRecorded(opus.recordingId, 4);
    const [withOpus, alone] = [await stage.finish(opus.recordingId), await stage.finish(sound.recordingId)];
    await Promise.all(publishers.map((publisher) => publisher.close()));

    const kept = await stage.expectGood(fileOf(withOpus, 'ada'), { video: 'required' });
    expect([kept.analysis.container, kept.analysis.audio?.codec]).toEqual(['mp4', 'opus']);
    await stage.expectGood(fileOf(alone, 'ada'), { video: 'forbidden', audio: 'required' });
    await stage.expectGood(fileOf(alone, 'voice'), { video: 'forbidden', audio: 'required', participantIndex: 2 });
  });

  it('shows a late viewer a picture at once', async () => {
    const roomId = 'late';
    // Without a request the next keyframe would be 20 seconds away.
    const ada = await stage.publish({ roomId, userId: 'ada', source: { gopSeconds: 20 } });
    await until('60 pictures are sent', () => (ada.counts?.videoFrames ?? 0) > 60);

    const { clock, ids, factory, server } = stage;
    const askedAt = clock.now();
    const firsts: { isKey: boolean; afterMs: number }[] = [];
    const viewer = new WhepClient({
      ...{ clock, ids, factory },
      url: `${server.url}/whep/${roomId}/ada`,
      token: await stage.token(roomId, 'bob'),
      onFrame: (frame) => {
        if (frame.media.kind !== 'video' || firsts.length > 0) return;
        firsts.push({ isKey: frame.type === 'key', afterMs: (clock.now() - askedAt) / 1000 });
      },
    });
    await viewer.connect();
    await until('a picture comes', () => firsts.length === 1);
    await viewer.close();
    await ada.close();

    console.log(`late viewer: first picture after ${firsts[0]?.afterMs.toFixed(0)} ms`);
    expect(firsts[0]?.isKey).toBe(true);
    expect(firsts[0]?.afterMs).toBeLessThan(3000);
  });
});
