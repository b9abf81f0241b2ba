// The table of containers: what each one may carry and how its muxer is told to stay readable while it is
// written. A new container is one row here.

import type { CodecId } from '@roomtape/media';

/** Containers this package writes. */
export type Container = 'mp4' | 'webm' | 'flv' | 'hls' | 'aac' | 'mp3' | 'ogg' | 'wav';

/** Sound that only files have; tapes hold Opus and AAC. `pcm` is 16 bit, little-endian. */
export type FileSound = 'mp3' | 'pcm';

/** What a track of a file can be. */
export type FileCodec = CodecId | FileSound;

/** How a file is to be cut while it is written; `path` is its name. */
export type MuxerCuts = { readonly path: string; readonly fragmentMs: number; readonly segmentMs: number };

/** What a container is to the muxer. */
export type ContainerFacts = {
  /** FFmpeg's muxer. */
  readonly muxer: string;
  readonly extension: string;
  readonly codecs: ReadonlySet<FileCodec>;
  /** What sound becomes that it does not carry; absent where it carries what streams send. */
  readonly sound?: 'aac' | FileSound;
  /** Cannot say that sound begins before 0: the encoder's priming is left out, and the first block fades in. */
  readonly hasNoPriming?: true;
  /** States durations, not times: a packet is only written when the next one tells how long it lasts. */
  readonly countsDurations?: true;
  /** Fragments to the end, over which this package then writes an index: FFmpeg would keep 64 bytes of each sample. */
  readonly isIndexedAtEnd?: true;
  /** A playlist with segments beside it: the muxer opens its files itself, and names them after the playlist. */
  readonly isSegmented?: true;
  /** Holds no pictures. */
  readonly isAudioOnly?: true;
  /** Options of the muxer. */
  readonly options: (cuts: MuxerCuts) => Readonly<Record<string, string>>;
};

const none = (): Readonly<Record<string, string>> => ({ flush_packets: '1' });

/** Every container by name. */
export const CONTAINERS: Readonly<Record<Container, ContainerFacts>> = {
  mp4: {
    muxer: 'mp4',
    extension: 'mp4',
    codecs: new Set(['h264', 'h265', 'vp9', 'av1', 'opus', 'aac']),
    // Delayed: the first `moov` waits until all tracks have media, so that its edit lists can say which track starts
    // later, and holds no samples, which readers would drop under an edit list of unknown length. No trailer: it is a
    // list of the fragments, which grows in memory, too.
    countsDurations: true,
    isIndexedAtEnd: true,
    options: ({ fragmentMs }) => ({
      movflags: 'delay_moov+default_base_moof+skip_trailer',
      frag_duration: String(fragmentMs * 1000),
      flush_packets: '1',
    }),
  },
  webm: {
    muxer: 'webm',
    extension: 'webm',
    codecs: new Set(['vp8', 'vp9', 'av1', 'opus']),
    options: ({ fragmentMs }) => ({ cluster_time_limit: String(fragmentMs), flush_packets: '1' }),
  },
  flv: {
    muxer: 'flv',
    extension: 'flv',
    // Other codecs than H.264 and AAC by enhanced RTMP (Veovera E-RTMP v2).
    codecs: new Set(['h264', 'h265', 'vp9', 'av1', 'aac']),
    sound: 'aac',
    hasNoPriming: true,
    options: none,
  },
  hls: {
    muxer: 'hls',
    extension: 'm3u8',
    codecs: new Set(['h264', 'h265', 'av1', 'aac']),
    sound: 'aac',
    hasNoPriming: true,
    countsDurations: true,
    isSegmented: true,
    // Every segment stays in the playlist (RFC 8216 §4.3.3.5, EVENT), and is whole before it is named there.
    options: ({ path, segmentMs }) => {
      const stem = path.slice(0, -'.m3u8'.length);
      return {
        hls_time: String(segmentMs / 1000),
        hls_list_size: '0',
        hls_playlist_type: 'event',
        hls_segment_type: 'fmp4',
        hls_flags: 'independent_segments+temp_file',
        hls_fmp4_init_filename: `${stem.slice(stem.lastIndexOf('/') + 1)}.init.mp4`,
        hls_segment_filename: `${stem}.%05d.m4s`,
      };
    },
  },
  aac: {
    muxer: 'adts',
    extension: 'aac',
    codecs: new Set(['aac']),
    sound: 'aac',
    hasNoPriming: true,
    isAudioOnly: true,
    options: none,
  },
  mp3: { muxer: 'mp3', extension: 'mp3', codecs: new Set(['mp3']), sound: 'mp3', isAudioOnly: true, options: none },
  ogg: { muxer: 'ogg', extension: 'ogg', codecs: new Set(['opus']), isAudioOnly: true, options: none },
  wav: { muxer: 'wav', extension: 'wav', codecs: new Set(['pcm']), sound: 'pcm', isAudioOnly: true, options: none },
};

/** Whether a container can carry a codec as this package writes it. */
export function canCarry(container: Container, codec: FileCodec): boolean {
  return CONTAINERS[container].codecs.has(codec);
}
