// A filesystem in memory that fails, cuts writes short, runs full or loses power at a chosen I/O call, after
// SQLite's test method (test6.c): writes stay pending until a sync; a crash keeps, drops or spoils each.

import { basename, dirname } from 'node:path';
import type { ReadableChunk, TapeFilesystem, WritableChunk } from '../filesystem.ts';

/** What happens at the chosen call. `short`: half the bytes are written, and the call says so. */
export type FaultKind = 'error' | 'cut-error' | 'short' | 'power-cut';

/** When a fault happens: at I/O call `atCall` (from 1) and for `calls` calls. */
export type Fault = { readonly kind: FaultKind; readonly atCall: number; readonly calls?: number };

/** What a power cut does with a write that was not synced. */
export type PendingFate = 'keep' | 'drop' | 'rubbish' | 'random';

type PendingWrite = { readonly position: number; readonly bytes: Uint8Array };
type FileState = { content: Uint8Array; durable: Uint8Array; pending: PendingWrite[]; nameDurable: boolean };

/** Memory as a disk with faults. */
export class FaultFilesystem implements TapeFilesystem {
  readonly files = new Map<string, FileState>();
  /** I/O calls that can fail, so far. */
  calls = 0;
  /** Bytes the disk takes in all; writes beyond fail with `ENOSPC`, after what fits. */
  capacityBytes = Number.POSITIVE_INFINITY;
  /** How long a sync takes: what is written meanwhile is not covered by it. */
  syncTakes: () => Promise<void> = async () => {};
  /** How long a write takes: a sync that begins meanwhile does not cover it. */
  writeTakes: () => Promise<void> = async () => {};
  #fault: Fault | undefined;
  #dead = false;

  constructor(fault?: Fault) {
    this.#fault = fault;
  }

  /** True after a power cut: every call fails from then on. */
  get dead(): boolean {
    return this.#dead;
  }

  async makeDirectory(): Promise<void> {
    this.#step();
  }

  async syncDirectory(path: string): Promise<void> {
    this.#step();
    for (const [name, file] of this.files) if (dirname(name) === path) file.nameDurable = true;
  }

  async create(path: string): Promise<WritableChunk> {
    this.#step();
    if (this.files.has(path)) throw ioError('EEXIST');
    const file: FileState = { content: new Uint8Array(0), durable: new Uint8Array(0), pending: [], nameDurable: false };
    this.files.set(path, file);
    return {
      writev: async (buffers, position) => {
        await this.writeTakes();
        return this.#write(file, concat(buffers), position);
      },
      datasync: async () => {
        this.#step();
        const [content, covered] = [file.content.slice(), file.pending];
        await this.syncTakes();
        if (this.#dead) throw ioError('EIO');
        file.durable = content;
        file.pending = file.pending.filter((write) => !covered.includes(write));
      },
      close: async () => {},
    };
  }

  list(path: string): string[] {
    return [...this.files.keys()].filter((name) => dirname(name) === path).map((name) => basename(name));
  }

  exists(path: string): boolean {
    return this.files.has(path);
  }

  openForReading(path: string): ReadableChunk | undefined {
    const file = this.files.get(path);
    if (file === undefined) return undefined;
    return {
      sizeBytes: () => file.content.length,
      read(target, position) {
        const part = file.content.subarray(position, position + target.length);
        target.set(part);
        return part.length;
      },
      close() {},
    };
  }

  /** The disk as found after a power cut now. */
  afterPowerCut(fate: PendingFate, random: () => number): FaultFilesystem {
    const found = new FaultFilesystem();
    for (const [path, file] of this.files) {
      if (!file.nameDurable && fate !== 'keep' && (fate === 'drop' || random() % 2 === 0)) continue;
      let content: Uint8Array = file.durable.slice();
      for (const write of file.pending) content = applyFate(content, write, { fate, random });
      found.put(path, content);
    }
    return found;
  }

  /** The disk as another process sees it after this one was killed: nothing that was written is lost. */
  afterKill(): FaultFilesystem {
    const found = new FaultFilesystem();
    for (const [path, file] of this.files) found.put(path, file.content.slice());
    return found;
  }

  /** Puts a file there, synced. */
  put(path: string, content: Uint8Array): void {
    this.files.set(path, { content, durable: content.slice(), pending: [], nameDurable: true });
  }

  #write(file: FileState, bytes: Uint8Array, position: number): number {
    const fault = this.#faultNow();
    if (fault === 'error') throw ioError('EIO');
    let length = fault === undefined ? bytes.length : Math.floor(bytes.length / 2);
    const used = [...this.files.values()].reduce((sum, other) => sum + other.content.length, 0);
    const grows = Math.max(0, position + length - file.content.length);
    if (used + grows > this.capacityBytes) {
      length -= used + grows - this.capacityBytes;
      if (length <= 0) throw ioError('ENOSPC');
    }
    const part = bytes.slice(0, length);
    file.content = overlay(file.content, part, position);
    file.pending = [...file.pending, { position, bytes: part }];
    if (fault === 'cut-error' || fault === 'power-cut') throw ioError('EIO');
    return length;
  }

  #step(): void {
    if (this.#faultNow() !== undefined) throw ioError('EIO');
  }

  #faultNow(): FaultKind | undefined {
    this.calls += 1;
    if (this.#dead) throw ioError('EIO');
    const fault = this.#fault;
    if (fault === undefined || this.calls < fault.atCall || this.calls >= fault.atCall + (fault.calls ?? 1)) {
      return undefined;
    }
    if (fault.kind === 'power-cut') this.#dead = true;
    return fault.kind;
  }
}

function applyFate(
  content: Uint8Array,
  write: PendingWrite,
  how: { readonly fate: PendingFate; readonly random: () => number },
): Uint8Array {
  const fates = ['keep', 'drop', 'rubbish'] as const;
  const fate = how.fate === 'random' ? (fates[how.random() % 3] ?? 'keep') : how.fate;
  if (fate === 'drop') return content;
  const bytes = fate === 'keep' ? write.bytes : write.bytes.map(() => how.random() & 255);
  return overlay(content, bytes, write.position);
}

function overlay(content: Uint8Array, bytes: Uint8Array, position: number): Uint8Array {
  const result = new Uint8Array(Math.max(content.length, position + bytes.length));
  result.set(content);
  result.set(bytes, position);
  return result;
}

function concat(buffers: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(buffers.reduce((sum, buffer) => sum + buffer.length, 0));
  let offset = 0;
  for (const buffer of buffers) {
    result.set(buffer, offset);
    offset += buffer.length;
  }
  return result;
}

function ioError(code: string): Error {
  return Object.assign(new Error(`injected ${code}`), { code });
}
