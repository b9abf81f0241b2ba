// The one hot loop that is not swscale's: blends a row of bytes over another with 16 lanes of WebAssembly SIMD.
// The module is assembled here, byte by byte; the test compares it with plain arithmetic.

import { instantiateWasm, type WasmMemory } from './wasm.ts';

/** Blends within one WebAssembly memory; addresses and strides in bytes. */
export type BlendKernel = (
  dst: number,
  dstStride: number,
  premultiplied: number,
  inverse: number,
  columns: number,
  rows: number,
) => void;

/** Bytes the kernel takes at once: rows of its sources are padded to a multiple of it. */
export const LANES = 16;

const I32 = 0x7f;
const V128 = 0x7b;
const END = 0x0b;
const I32_CONST = 0x41;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const GET = 0x20;
const SET = 0x21;
const TEE = 0x22;

/** Parameters and locals of the function. */
const DST = 0;
const STRIDE = 1;
const PRE = 2;
const INV = 3;
const COLUMNS = 4;
const ROWS = 5;
const LEFT = 6;
const AT = 7;
const LOW = 8;
const HIGH = 9;

const get = (local: number): number[] => [GET, local];
const set = (local: number): number[] => [SET, local];
const tee = (local: number): number[] => [TEE, local];
const constant = (value: number): number[] => [I32_CONST, ...signedLeb(value)];
const simd = (code: number): number[] => [0xfd, ...unsignedLeb(code)];
const load = [...simd(0x00), 0, 0];
const store = [...simd(0x0b), 0, 0];
const advance = (local: number): number[] => [...get(local), ...constant(LANES), I32_ADD, ...set(local)];

const EXTMUL_LOW_U8 = simd(0x9e);
const EXTMUL_HIGH_U8 = simd(0x9f);
const ADD_I16 = simd(0x8e);
const ADD_I8 = simd(0x6e);
const SHR_U16 = simd(0x8d);
const SPLAT_I16 = simd(0x10);
const NARROW_U8 = simd(0x66);

/** Rounds a product of two bytes to their product divided by 255, exactly: x += 128; (x + (x >> 8)) >> 8. */
function divideBy255(local: number): number[] {
  return [
    ...constant(128),
    ...SPLAT_I16,
    ...ADD_I16,
    ...tee(local),
    ...get(local),
    ...constant(8),
    ...SHR_U16,
    ...ADD_I16,
    ...constant(8),
    ...SHR_U16,
  ];
}

/** dst = premultiplied + dst * inverse / 255, for every byte of `columns` (a multiple of 16) by `rows`. */
function body(): number[] {
  const blend = [
    ...get(AT),
    ...get(PRE),
    ...load,
    ...get(AT),
    ...load,
    ...get(INV),
    ...load,
    ...EXTMUL_LOW_U8,
    ...divideBy255(LOW),
    ...get(AT),
    ...load,
    ...get(INV),
    ...load,
    ...EXTMUL_HIGH_U8,
    ...divideBy255(HIGH),
    ...NARROW_U8,
    ...ADD_I8,
    ...store,
  ];
  const again = (local: number, by: number): number[] => [...get(local), ...constant(by), I32_SUB, ...tee(local)];
  const row = [...blend, ...advance(AT), ...advance(PRE), ...advance(INV), ...again(LEFT, LANES), 0x0d, 0];
  return [
    ...[0x03, 0x40], // loop over rows
    ...[...get(DST), ...set(AT), ...get(COLUMNS), ...set(LEFT)],
    ...[0x03, 0x40, ...row, END], // loop over columns
    ...[...get(DST), ...get(STRIDE), I32_ADD, ...set(DST)],
    ...[...again(ROWS, 1), 0x0d, 0, END],
    END,
  ];
}

/** Instantiates the kernel over a memory. */
export function createBlendKernel(memory: WasmMemory): BlendKernel {
  return instantiateWasm(moduleBytes(), memory).b as BlendKernel;
}

function moduleBytes(): Uint8Array {
  const locals = [2, 2, I32, 2, V128];
  const code = [...locals, ...body()];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 6, I32, I32, I32, I32, I32, I32, 0]),
    ...section(2, [1, 1, 0x6d, 1, 0x6d, 2, 0, 1]), // import memory m.m, one page at least
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x62, 0, 0]), // export function 0 as b
    ...section(10, [1, ...unsignedLeb(code.length), ...code]),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsignedLeb(content.length), ...content];
}

function unsignedLeb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)];
}

function signedLeb(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signedLeb(value >> 7)];
}
