// The table of containers: what each one may carry and how its muxer is told to stay readable while it is
// written. A new container is one row here.

import type { CodecId } from '@roomtape/media';

/** Containers this package writes. */
export type Container = 'mp4' | 'webm' | 'flv' | 'aac' | 'mp3' | 'ogg' | 'wav';

/** Sound that only files have; tapes hold Opus and AAC. `pcm` is 16 bit, little-endian. */
export type FileSound = 'mp3' | 'pcm';

/** What a track of a file can be. */
export type FileCodec = CodecId | FileSound;

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
  /** Holds no pictures. */
  readonly isAudioOnly?: true;
  /** Muxer options for a fragment length in milliseconds. */
  readonly options: (fragmentMs: number) => Readonly<Record<string, string>>;
};

const none = (): Readonly<Record<string, string>> => ({ flush_packets: '1' });

/** Every container by name. */
export const CONTAINERS: Readonly<Record<Container, ContainerFacts>> = {
  mp4: {
    muxer: 'mp4',
    extension: 'mp4',
    codecs: new Set(['h264', 'h265', 'vp9', 'av1', 'opus', 'aac']),
    // Hybrid: fragments while it grows, one ordinary `moov` at the end. Delayed: the first `moov` waits until all
    // tracks have media, so that its edit lists can say which track starts later, and holds no samples, which
    // readers would drop under an edit list of unknown length.
    options: (fragmentMs) => ({
      movflags: 'hybrid_fragmented+delay_moov+default_base_moof',
      frag_duration: String(fragmentMs * 1000),
      flush_packets: '1',
    }),
  },
  webm: {
    muxer: 'webm',
    extension: 'webm',
    codecs: new Set(['vp8', 'vp9', 'av1', 'opus']),
    options: (fragmentMs) => ({ cluster_time_limit: String(fragmentMs), flush_packets: '1' }),
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
