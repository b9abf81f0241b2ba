// Checks what needs no content: which tracks there are, how long they and the file are, holes in the sound,
// decode errors. Pure.

import type { Fault } from './analysis.ts';
import type { Expectation, Presence } from './expectation.ts';
import type { AudioFacts, RecordingFacts, VideoFacts } from './recording-facts.ts';

/** Checks the tracks of one recording. */
export function checkTracks(facts: RecordingFacts, expectation: Expectation): Fault[] {
  const { video, audio } = facts;
  if (video === undefined && audio === undefined) return [{ code: 'NO_MEDIA', message: 'neither picture nor sound' }];
  return [
    ...presenceFaults('picture', video, expectation.video),
    ...presenceFaults('sound', audio, expectation.audio),
    ...decodeFaults('picture', video, expectation),
    ...decodeFaults('sound', audio, expectation),
    ...holeFaults(audio, expectation),
    ...durationFaults(facts, expectation),
  ];
}

function presenceFaults(what: string, track: VideoFacts | AudioFacts | undefined, wanted: Presence): Fault[] {
  if (track === undefined && wanted === 'required') return [{ code: 'TRACK_MISSING', message: `no ${what}` }];
  if (track !== undefined && wanted === 'forbidden') {
    return [{ code: 'TRACK_UNEXPECTED', message: `${what} where there should be none` }];
  }
  return [];
}

function decodeFaults(what: string, track: VideoFacts | AudioFacts | undefined, expectation: Expectation): Fault[] {
  if (track === undefined || track.decodeErrorCount <= expectation.decodeErrorsMax) return [];
  return [{ code: 'DECODE_ERROR', message: `${track.decodeErrorCount} errors while decoding ${what}` }];
}

function holeFaults(audio: AudioFacts | undefined, expectation: Expectation): Fault[] {
  const holes = (audio?.holes ?? []).filter((hole) => hole.toUs - hole.fromUs > expectation.audioHoleMsMax * 1000);
  return holes.map((hole) => ({
    code: 'AUDIO_HOLE',
    message: `${((hole.toUs - hole.fromUs) / 1000).toFixed(1)} ms without sound samples`,
    atMs: Math.round(hole.fromUs / 1000),
  }));
}

function durationFaults(facts: RecordingFacts, expectation: Expectation): Fault[] {
  const faults: Fault[] = [];
  const ends = [facts.video?.span.toUs, facts.audio?.span.toUs].filter((end) => end !== undefined);
  const mediaEndMs = Math.max(...ends) / 1000;
  const durationMs = facts.durationUs / 1000;
  if (Math.abs(durationMs - mediaEndMs) > expectation.durationSkewMsMax) {
    const message = `the file says ${durationMs.toFixed(0)} ms, its media end at ${mediaEndMs.toFixed(0)} ms`;
    faults.push({ code: 'DURATION_SKEW', message });
  }
  const endSkewMs = Math.abs((ends[0] ?? 0) - (ends.at(-1) ?? 0)) / 1000;
  if (endSkewMs > expectation.endSkewMsMax) {
    faults.push({ code: 'END_SKEW', message: `picture and sound end ${endSkewMs.toFixed(0)} ms apart` });
  }
  const { durationMs: wantedMs, durationToleranceMs } = expectation;
  if (wantedMs !== undefined && Math.abs(durationMs - wantedMs) > durationToleranceMs) {
    const message = `${durationMs.toFixed(0)} ms long instead of ${wantedMs} ms`;
    faults.push({ code: 'DURATION', message });
  }
  return faults;
}
