import { describe, expect, it } from 'vitest';
import { OpfsFile, type SyncHandle } from './opfs-file.ts';

/** Files of an origin with so many bytes of room; a short write is told as this browser tells it. */
class FakeHandle implements SyncHandle {
  bytes = new Uint8Array(0);
  isClosed = 0;
  readonly #roomBytes: number;
  readonly #says: (written: number) => number;

  constructor(roomBytes: number, says = (written: number) => written) {
    this.#roomBytes = roomBytes;
    this.#says = says;
  }

  write(bytes: Uint8Array, { at }: { at: number }): number {
    const fits = Math.max(0, Math.min(bytes.length, this.#roomBytes - at));
    if (at + fits > this.bytes.length) this.#resize(at + fits);
    this.bytes.set(bytes.subarray(0, fits), at);
    return fits === bytes.length ? fits : this.#says(fits);
  }

  read(into: Uint8Array, { at }: { at: number }): number {
    const part = this.bytes.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  }

  truncate(size: number): void {
    if (size > this.#roomBytes) throw Object.assign(new Error('full'), { name: 'QuotaExceededError' });
    this.#resize(size);
  }

  getSize(): number {
    return this.bytes.length;
  }

  flush(): void {}

  close(): void {
    this.isClosed += 1;
  }

  #resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }
}

const block = new Uint8Array(100_000).fill(1);

describe('OpfsFile', () => {
  it.each([
    ['Chromium', () => 4_294_967_288],
    ['a browser that tells what fitted', (written: number) => written],
  ])('says at once that the storage is full, as %s tells it', (_, says) => {
    const file = new OpfsFile(new FakeHandle(250_000, says));
    file.write(block, 0);
    file.write(block, 100_000);

    expect(() => file.write(block, 200_000)).toThrow(expect.objectContaining({ code: 'RECORD_STORAGE_FULL' }));
    expect(file.size).toBe(250_000);
  });

  it('is full while there is room for the end, and whole', () => {
    const handle = new FakeHandle(6_000_000);
    const file = new OpfsFile(handle, true);
    const writeOn = () => {
      for (let at = 0; ; at += block.length) file.write(block, at);
    };
    expect(writeOn).toThrow(expect.objectContaining({ code: 'RECORD_STORAGE_FULL' }));
    const { size } = file;

    expect(size % block.length).toBe(0);
    expect(handle.bytes.length - size).toBeGreaterThan(2 ** 20);
    file.write(block, size);
    file.close();
    file.close();
    expect(handle.bytes.length).toBe(size + block.length);
    expect(handle.isClosed).toBe(1);
  });

  it('reads what was written, never the room behind it', () => {
    const file = new OpfsFile(new FakeHandle(6_000_000), true);
    file.write(new Uint8Array([1, 2, 3]), 0);

    expect(file.read(1, 100)).toEqual(new Uint8Array([2, 3]));
    expect(file.read(10, 5)).toEqual(new Uint8Array());
    file.truncate(2);
    expect(file.size).toBe(2);
  });
});
