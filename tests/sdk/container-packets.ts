// Packets of a flash-and-beep participant as a browser's encoders give them: length-prefixed pictures, raw AAC with
// its priming before time 0.

import { createAudioEncoder } from '@roomtape/ffmpeg';
import { toLengthPrefixed, writeAvcConfig, writeHevcConfig } from '@roomtape/flv';
import { h264ParameterSets, h265ParameterSets } from '@roomtape/media';
import { beepHzOf, createSyntheticSource, writeBeep } from '@roomtape/testkit';
import type {
  AudioTrackFacts,
  ContainerWriter,
  EncodedPacket,
  VideoTrackFacts,
} from '../../packages/sdk/src/containers/container-writer.ts';

/** A film as packets. */
export type FilmPackets = {
  readonly video: VideoTrackFacts;
  readonly audio: AudioTrackFacts;
  readonly pictures: readonly EncodedPacket[];
  readonly sound: readonly EncodedPacket[];
};

const FRAMES_PER_SECOND = 30;

/** Encodes some seconds: a keyframe each half second, one participant's flashes and beeps. */
export function encodeFilm(seconds: number, codec: 'h264' | 'h265' = 'h264'): FilmPackets {
  const size = { width: 320, height: 180 };
  return {
    video: { codec, ...size, framesPerSecond: FRAMES_PER_SECOND },
    audio: { sampleRate: 48_000, channelCount: 1, primingSamples: 1024 },
    pictures: encodePictures(seconds, codec),
    sound: encodeSound(seconds),
  };
}

/** Writes a film into a container: sound 150 ms later than pictures, as it comes out of an encoder. */
export async function writeFilm(writer: ContainerWriter, film: FilmPackets, untilUs = Number.POSITIVE_INFINITY) {
  const all = [
    ...film.pictures.map((packet) => ({ packet, isPicture: true, dueUs: packet.ptsUs })),
    ...film.sound.map((packet) => ({ packet, isPicture: false, dueUs: packet.ptsUs + 150_000 })),
  ].sort((a, b) => a.dueUs - b.dueUs);
  for (const { packet, isPicture } of all.filter(({ packet }) => packet.ptsUs < untilUs)) {
    await (isPicture ? writer.writeVideo(packet) : writer.writeAudio(packet));
  }
}

function encodePictures(seconds: number, codec: 'h264' | 'h265'): EncodedPacket[] {
  const source = createSyntheticSource({
    ...{ name: 'Ada', participantIndex: 3, width: 320, height: 180, fps: FRAMES_PER_SECOND },
    ...{ codec, media: 'video', gopSeconds: 0.5, videoBitrateBps: 400_000 },
  });
  const frames = source.read(seconds * 1_000_000 - 1);
  source.close();
  const setsOf = codec === 'h264' ? h264ParameterSets : h265ParameterSets;
  const configOf = codec === 'h264' ? writeAvcConfig : writeHevcConfig;
  return frames.map((frame) => {
    const sets = frame.type === 'key' ? setsOf(frame.data) : undefined;
    const decoderConfig = sets === undefined ? undefined : configOf(sets);
    return {
      bytes: toLengthPrefixed(frame.data),
      ptsUs: frame.ptsUs,
      durationUs: Math.round(1_000_000 / FRAMES_PER_SECOND),
      isKeyframe: frame.type === 'key',
      ...(decoderConfig === undefined ? {} : { decoderConfig }),
    };
  });
}

function encodeSound(seconds: number): EncodedPacket[] {
  const encoder = createAudioEncoder({ codec: 'aac', channels: 1, bitrate: 64_000 });
  const packets: EncodedPacket[] = [];
  const blocks = Math.ceil((seconds * 48_000) / encoder.frameSamples);
  for (let i = 0; i < blocks; i += 1) {
    const first = i * encoder.frameSamples;
    const samples = new Float32Array(encoder.frameSamples);
    writeBeep(samples, first, beepHzOf(3));
    for (const { data, ptsUs } of encoder.encode([samples], Math.round((first * 1_000_000) / 48_000))) {
      const config = packets.length === 0 ? { decoderConfig: encoder.config } : {};
      packets.push({ bytes: data, ptsUs, durationUs: 21_333, isKeyframe: true, ...config });
    }
  }
  encoder.close();
  return packets;
}
