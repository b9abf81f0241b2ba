// The part of the platform's WebAssembly the canvas uses, described here because the types of Node leave it out.

/** A memory that can grow by pages of 64 KiB; growing detaches every view of its buffer. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** Adds pages; returns how many there were. */
  grow(pages: number): number;
}

type Platform = {
  readonly Memory: new (limits: { readonly initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
};

const platform = (globalThis as unknown as { readonly WebAssembly: Platform }).WebAssembly;

/** Makes a memory of so many pages of 64 KiB. */
export function createWasmMemory(pages: number): WasmMemory {
  return new platform.Memory({ initial: pages });
}

/** Compiles a module that imports one memory as `m.m`, and returns what it exports. */
export function instantiateWasm(bytes: Uint8Array, memory: WasmMemory): Readonly<Record<string, unknown>> {
  return new platform.Instance(new platform.Module(bytes), { m: { m: memory } }).exports;
}
