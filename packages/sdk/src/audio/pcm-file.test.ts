import { describe, expect, it } from 'vitest';
import { MemoryFile } from '../testing/memory-file.ts';
import { PcmFile, recoverPcmFile, wavHeader } from './pcm-file.ts';

const CD = { sampleRate: 44_100, channels: 2 } as const;

describe('PcmFile', () => {
  it('writes a WAV that others read', () => {
    const file = new MemoryFile();
    const pcm = new PcmFile(file, 'wav', CD);
    pcm.write(new Int16Array(44_100).fill(1000));
    pcm.write(new Int16Array(44_100).fill(-1000));
    pcm.flush();

    expect(readWav(file.bytes)).toEqual({
      riff: 'RIFFWAVE',
      riffBytes: 72 + 176_400,
      codec: 1,
      channels: 2,
      sampleRate: 44_100,
      bytesPerSecond: 176_400,
      bits: 16,
      dataAt: 80,
      seconds: 1,
    });
    expect(pcm.durationUs).toBe(1_000_000);
    expect(pcm.bytesWritten).toBe(80 + 176_400);
  });

  it('is readable up to the last flush while it is being written', () => {
    const file = new MemoryFile();
    const pcm = new PcmFile(file, 'wav', CD);
    pcm.write(new Int16Array(88_200));
    pcm.flush();
    pcm.write(new Int16Array(88_200));

    expect(readWav(file.bytes).seconds).toBe(1);
  });

  it('has nothing but the samples in a .pcm', () => {
    const file = new MemoryFile();
    const pcm = new PcmFile(file, 'pcm', { sampleRate: 16_000, channels: 1 });
    pcm.write(Int16Array.of(1, -2));
    pcm.flush();

    expect([...file.bytes]).toEqual([1, 0, 0xfe, 0xff]);
    expect(pcm.durationUs).toBe(125);
  });

  it('keeps what fitted when the storage is full', () => {
    const file = new MemoryFile(1000);
    const pcm = new PcmFile(file, 'wav', CD);
    pcm.write(new Int16Array(400));

    expect(() => pcm.write(new Int16Array(400))).toThrow(expect.objectContaining({ code: 'RECORD_STORAGE_FULL' }));
    expect(pcm.bytesWritten).toBe(880);
    expect(recoverPcmFile('wav', file, CD)).toBe(Math.round((230 / 44_100) * 1e6));
  });

  it('turns into RF64 where 32 bits do not do', () => {
    const end = 80 + 4 * 1_100_000_000;
    const view = new DataView(wavHeader(CD, end).buffer);
    const text = (at: number): string => String.fromCharCode(...[0, 1, 2, 3].map((n) => view.getUint8(at + n)));

    expect([text(0), text(8), text(12), text(48), text(72)]).toEqual(['RF64', 'WAVE', 'ds64', 'fmt ', 'data']);
    expect([view.getUint32(4, true), view.getUint32(76, true)]).toEqual([0xffff_ffff, 0xffff_ffff]);
    expect(view.getBigUint64(20, true)).toBe(BigInt(end - 8));
    expect(view.getBigUint64(28, true)).toBe(4_400_000_000n);
    expect(view.getBigUint64(36, true)).toBe(1_100_000_000n);
  });
});

describe('recoverPcmFile', () => {
  it('mends a file whose writer died between two flushes and inside a sample', () => {
    const file = new MemoryFile();
    const pcm = new PcmFile(file, 'wav', CD);
    pcm.write(new Int16Array(88_200));
    file.write(Uint8Array.of(1, 2, 3), file.size);

    expect(recoverPcmFile('wav', file, CD)).toBe(1_000_000);
    expect(readWav(file.bytes).seconds).toBe(1);
    const once = file.bytes;
    expect(recoverPcmFile('wav', file, CD)).toBe(1_000_000);
    expect(file.bytes).toEqual(once);
  });

  it('finds no sound in a file without any', () => {
    const file = new MemoryFile();
    expect(recoverPcmFile('pcm', file, CD)).toBeUndefined();
    expect(recoverPcmFile('wav', file, CD)).toBeUndefined();
    expect(new PcmFile(file, 'wav', CD).durationUs).toBe(0);
    expect(recoverPcmFile('wav', file, CD)).toBeUndefined();
  });
});

/** What the chunks of a WAV file say; `seconds` as a player would tell it. */
function readWav(bytes: Uint8Array): Readonly<Record<string, number | string>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  const found: Record<string, number | string> = { riff: text(0) + text(8), riffBytes: view.getUint32(4, true) };
  for (let at = 12; at < bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    if (text(at) === 'fmt ') {
      found.codec = view.getUint16(at + 8, true);
      found.channels = view.getUint16(at + 10, true);
      found.sampleRate = view.getUint32(at + 12, true);
      found.bytesPerSecond = view.getUint32(at + 16, true);
      found.bits = view.getUint16(at + 22, true);
    }
    if (text(at) === 'data') return { ...found, dataAt: at + 8, seconds: length / Number(found.bytesPerSecond) };
    at += 8 + length;
  }
  return found;
}
