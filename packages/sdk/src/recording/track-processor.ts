// Raw pictures and sound of a track as a stream (W3C MediaStreamTrack Insertable Media, `MediaStreamTrackProcessor`),
// which not every browser has.

/** Pictures wait for a busy worker, but cameras have few buffers. */
const PICTURES_WAITING_MAX = 4;
/** Two seconds in blocks of 10 ms: timers of hidden pages may come once a second. */
const SOUND_BLOCKS_WAITING_MAX = 200;

/** Whether tracks can be read here. */
export function canReadTracks(): boolean {
  return typeof MediaStreamTrackProcessor !== 'undefined';
}

/** Opens a track; the stream ends with it. Throws where the browser cannot, or when the track has ended. */
export function readTrack(track: MediaStreamTrack): ReadableStream<VideoFrame> | ReadableStream<AudioData> {
  return track.kind === 'video'
    ? new MediaStreamTrackProcessor({ track: track as MediaStreamVideoTrack, maxBufferSize: PICTURES_WAITING_MAX })
        .readable
    : new MediaStreamTrackProcessor({ track: track as MediaStreamAudioTrack, maxBufferSize: SOUND_BLOCKS_WAITING_MAX })
        .readable;
}
