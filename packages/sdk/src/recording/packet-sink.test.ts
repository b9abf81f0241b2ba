import { expect, it } from 'vitest';
import type { ContainerWriter, EncodedPacket } from '../containers/container-writer.ts';
import { clientError } from '../errors.ts';
import { PacketSink } from './packet-sink.ts';

const packet = (ptsUs: number): EncodedPacket => ({
  bytes: new Uint8Array(10),
  ptsUs,
  durationUs: 100,
  isKeyframe: true,
});

function writerOf(log: string[], fail?: unknown): ContainerWriter {
  const write = async (name: string) => {
    await Promise.resolve();
    if (fail !== undefined && log.length === 2) throw fail;
    log.push(name);
  };
  return {
    bytesWritten: 7,
    writeVideo: ({ ptsUs }) => write(`v${ptsUs}`),
    writeAudio: ({ ptsUs }) => write(`a${ptsUs}`),
    finish: (endUs) => write(`end${endUs}`),
  };
}

it('keeps the order of what came before and after the container was open', async () => {
  const log: string[] = [];
  const sink = new PacketSink(() => undefined);
  sink.write('video', packet(0));
  sink.write('audio', packet(-5));
  sink.open(writerOf(log));
  sink.write('video', packet(100));
  await sink.finish(150);

  expect(log).toEqual(['v0', 'a-5', 'v100', 'end150']);
  expect(sink.packetBytes).toEqual({ video: 20, audio: 10 });
  expect(sink.writtenUs).toBe(200);
});

it('tells the first failure at once and takes nothing more, but can still finish', async () => {
  const log: string[] = [];
  const errors: unknown[] = [];
  const sink = new PacketSink((error) => errors.push(error));
  const full = clientError('RECORD_STORAGE_FULL');
  sink.open(writerOf(log, full));
  for (let i = 0; i < 5; i++) sink.write('video', packet(i * 100));
  await new Promise((resolve) => setTimeout(resolve));
  sink.write('video', packet(900));

  expect(errors).toEqual([full]);
  expect(log).toEqual(['v0', 'v100']);
  expect(sink.writtenUs).toBe(200);
});

it('does not gather packets without end when the storage hangs', () => {
  const errors: unknown[] = [];
  const sink = new PacketSink((error) => errors.push(error));
  for (let i = 0; i < 40; i++) sink.write('video', { ...packet(i), bytes: new Uint8Array(1024 * 1024) });

  expect(errors).toMatchObject([{ code: 'RECORD_WRITE_FAILED' }]);
});
