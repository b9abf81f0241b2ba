// What every container of a local recording can do: take encoded packets in order, be readable at any moment, end.

import type { ByteFile } from '../storage/byte-file.ts';

/** Containers by suffix. */
export type ContainerName = 'mp4' | 'flv' | 'aac';

/** The picture track, known before the first packet. */
export type VideoTrackFacts = {
  readonly codec: 'h264' | 'h265';
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
};

/** The sound track: always AAC-LC at 48 kHz. */
export type AudioTrackFacts = {
  readonly sampleRate: 48_000;
  readonly channelCount: 1 | 2;
  /** Samples the encoder put before the first real one. */
  readonly primingSamples: number;
};

/** One encoded picture or block of sound. Times are µs on the recording's timeline, 0 = its first moment. */
export type EncodedPacket = {
  /** H.264 and H.265 length-prefixed (`avc`/`hevc` format of WebCodecs), AAC raw without ADTS. */
  readonly bytes: Uint8Array;
  /** Of the first real sample for audio; priming lies before it and may be negative. */
  readonly ptsUs: number;
  readonly durationUs: number;
  readonly isKeyframe: boolean;
  /** The decoder's configuration (avcC, hvcC, AudioSpecificConfig); on the first packet and whenever it changes. */
  readonly decoderConfig?: Uint8Array;
};

/** A container being written. The file is readable up to its last flush however the writer ends. */
export interface ContainerWriter {
  writeVideo(packet: EncodedPacket): Promise<void>;
  writeAudio(packet: EncodedPacket): Promise<void>;
  /** Bytes written so far. */
  readonly bytesWritten: number;
  /** Ends the file so that it shows exactly `endUs` µs. The file is complete and seekable afterwards. */
  finish(endUs: number): Promise<void>;
}

/** How a writer is made. */
export type ContainerWriterOptions = {
  readonly file: ByteFile;
  readonly video?: VideoTrackFacts;
  readonly audio?: AudioTrackFacts;
};
