// Another implementation's packets: ffmpeg's RTP muxer sends by loopback UDP, our depacketizer receives, and the
// frames must be those ffmpeg has in its file.

import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CodecId, isKeyframe, ticks, unixUs } from '@roomtape/media';
import { afterAll, describe, expect, it } from 'vitest';
import { createDepacketizer } from './create-depacketizer.ts';
import { parseRtpPacket, rtpPayload } from './packet.ts';
import { SequenceUnwrapper } from './sequence-unwrapper.ts';
import { encodeSample } from './testing/ffmpeg-sample.ts';

type Case = { readonly codec: Exclude<CodecId, 'aac'>; readonly file: string; readonly options: string };

const CASES: readonly Case[] = [
  { codec: 'h264', file: 'a.h264', options: '-c:v libx264 -preset ultrafast -tune zerolatency -g 10' },
  {
    codec: 'h265',
    file: 'a.h265',
    options: '-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=10:bframes=0',
  },
  { codec: 'vp8', file: 'vp8.ivf', options: '-c:v libvpx -deadline realtime -cpu-used 8 -g 10' },
  { codec: 'vp9', file: 'vp9.ivf', options: '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 10' },
  { codec: 'opus', file: 'opus.ogg', options: '-c:a libopus' },
];

const directory = mkdtempSync(join(tmpdir(), 'roomtape-foreign-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Encodes a second of test signal and returns the frames' bytes as ffprobe has them. */
function encode({ codec, file, options }: Case): Uint8Array[] {
  const path = join(directory, file);
  const { frames } =
    codec === 'opus'
      ? encodeSample(path, 'sine=duration=1', options)
      : encodeSample(path, 'testsrc2=size=322x182:rate=15:duration=1', `-pix_fmt yuv420p ${options}`);
  return frames.map(({ data }) => data);
}

/** Lets ffmpeg send a file by RTP, at the pace it would be played, and returns the packets that arrived. */
async function sendByFfmpeg(file: string): Promise<Uint8Array[]> {
  const socket = createSocket('udp4');
  const packets: Uint8Array[] = [];
  const drained = new Promise<void>((resolve) => {
    socket.on('message', (message) => {
      if (message.length === 0) resolve();
      else packets.push(Uint8Array.from(message));
    });
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const url = `rtp://127.0.0.1:${socket.address().port}?pkt_size=1200&rtcpport=9`;
  const args = ['-v', 'error', '-re', '-i', join(directory, file), '-c', 'copy', '-strict', '-2', '-f', 'rtp', url];
  await promisify(execFile)('ffmpeg', args);
  // An empty datagram after the last one: loopback keeps the order.
  socket.send(new Uint8Array(0), socket.address().port, '127.0.0.1');
  await drained;
  socket.close();
  return packets;
}

/** Drops start codes' width and access unit delimiters, in which the two sides may differ. */
function essence(codec: CodecId, data: Uint8Array): string {
  const hex = Buffer.from(data).toString('hex');
  return codec === 'h264' || codec === 'h265' ? hex.replaceAll(/(00)?000001/g, '|') : hex;
}

// At the same time: they take as long as they play.
describe.concurrent.each(CASES)('$codec packets of ffmpeg', (sample) => {
  it('become the frames ffmpeg sent', async () => {
    const { codec } = sample;
    const frames = encode(sample);
    const depacketizer = createDepacketizer(codec);
    const unwrapper = new SequenceUnwrapper();
    const got: string[] = [];
    for (const bytes of await sendByFfmpeg(sample.file)) {
      const packet = parseRtpPacket(bytes);
      if (packet === undefined) throw new Error('not an RTP packet');
      const unwrapped = unwrapper.unwrap(packet.sequence);
      if (unwrapped.kind === 'suspect') throw new Error('a step in the sequence');
      const { sequence } = unwrapped;
      const { marker, timestamp } = packet;
      const pushed = {
        payload: rtpPayload(packet),
        marker,
        sequence,
        timestamp: ticks(timestamp),
        arrivedAt: unixUs(0),
      };
      for (const { data, type } of depacketizer.push(pushed)) {
        expect(type === 'key').toBe(isKeyframe(codec, data));
        got.push(essence(codec, data));
      }
    }

    expect(depacketizer.stats.framesDropped).toBe(0);
    expect(got).toEqual(frames.map((data) => essence(codec, data)));
  });
});
