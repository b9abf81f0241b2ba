// Sample entries of the tracks we record (ISO/IEC 14496-14 and -15): `avc1`, `hvc1` and `mp4a` with their configuration.

import { box, concatBytes, fullBox, readUint16, writeAacConfig, writeUint16, writeUint32 } from '@roomtape/media';
import type { AudioTrackFacts, VideoTrackFacts } from '../container-writer.ts';

/** Writes the entry of a picture track; `config` is its avcC or hvcC record. */
export function videoSampleEntry(facts: VideoTrackFacts, config: Uint8Array): Uint8Array {
  const head = new Uint8Array(78);
  head[7] = 1;
  writeUint16(head, 24, facts.width);
  writeUint16(head, 26, facts.height);
  // 72 dpi, one frame per sample, 24 bits a pixel.
  writeUint32(head, 28, 0x480000);
  writeUint32(head, 32, 0x480000);
  writeUint16(head, 40, 1);
  head.set([0, 24, 0xff, 0xff], 74);
  const isH264 = facts.codec === 'h264';
  return box(isH264 ? 'avc1' : 'hvc1', head, box(isH264 ? 'avcC' : 'hvcC', config));
}

/** Writes the entry of a sound track; `config` is its AudioSpecificConfig, made up from the facts when absent. */
export function audioSampleEntry(facts: AudioTrackFacts, config: Uint8Array | undefined): Uint8Array {
  const head = new Uint8Array(28);
  head[7] = 1;
  writeUint16(head, 16, facts.channelCount);
  writeUint16(head, 18, 16);
  writeUint16(head, 24, facts.sampleRate);
  const specific = config ?? aacConfigOf(facts);
  return box('mp4a', head, fullBox('esds', 0, elementaryStream(specific)));
}

/** The AudioSpecificConfig of a track whose encoder gave none: AAC-LC as the facts say. */
export function aacConfigOf(facts: AudioTrackFacts): Uint8Array {
  const config = writeAacConfig({ objectType: 2, sampleRate: facts.sampleRate, channels: facts.channelCount });
  return config ?? new Uint8Array([0x11, 0x90]);
}

/** Size of the picture as an entry of ours says it. */
export function sizeOfEntry(entry: Uint8Array): { readonly width: number; readonly height: number } {
  return { width: readUint16(entry, 32), height: readUint16(entry, 34) };
}

/** The descriptors of ISO/IEC 14496-1 §7.2.6: stream, decoder, configuration, synchronisation. */
function elementaryStream(config: Uint8Array): Uint8Array {
  const decoder = new Uint8Array([0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  return descriptor(3, [
    new Uint8Array([0, 0, 0]),
    descriptor(4, [decoder, descriptor(5, [config])]),
    descriptor(6, [new Uint8Array([2])]),
  ]);
}

function descriptor(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(parts);
  // Always under 128 bytes here, so that one byte says the length.
  return concatBytes([new Uint8Array([tag, body.length]), body]);
}
