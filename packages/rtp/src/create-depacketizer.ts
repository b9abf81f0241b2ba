// Chooses the depacketizer of a codec.

import type { CodecId } from '@roomtape/media';
import { createAv1Format } from './av1-depacketizer.ts';
import type { Depacketizer, DepacketizerOptions } from './depacketizer.ts';
import { createH264Format } from './h264-depacketizer.ts';
import { createH265Format } from './h265-depacketizer.ts';
import { OpusDepacketizer } from './opus-depacketizer.ts';
import { VideoDepacketizer } from './video-depacketizer.ts';
import { createVp8Format } from './vp8-depacketizer.ts';
import { createVp9Format } from './vp9-depacketizer.ts';

/** Makes a depacketizer. AAC has no RTP payload format here: it arrives by RTMP only. */
export function createDepacketizer(codec: Exclude<CodecId, 'aac'>, options: DepacketizerOptions = {}): Depacketizer {
  switch (codec) {
    case 'h264':
      return new VideoDepacketizer(createH264Format(options.parameterSets), options);
    case 'h265':
      return new VideoDepacketizer(createH265Format(options.parameterSets), options);
    case 'vp8':
      return new VideoDepacketizer(createVp8Format(), options);
    case 'vp9':
      return new VideoDepacketizer(createVp9Format(), options);
    case 'av1':
      return new VideoDepacketizer(createAv1Format(), options);
    case 'opus':
      return new OpusDepacketizer();
  }
}
