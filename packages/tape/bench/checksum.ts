// Compares checksums for an entry of one packet's size: native CRC-32 against CRC32C by a table in
// JavaScript. Run: node packages/tape/bench/checksum.ts

import { crc32 } from 'node:zlib';

const CRC32C_POLYNOMIAL = 0x82f63b78;
const ROUNDS = 200_000;
const data = new Uint8Array(1200).map((_, index) => (index * 131) & 255);

const table = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ CRC32C_POLYNOMIAL : value >>> 1;
  return value;
});

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let index = 0; index < bytes.length; index += 1) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[index] ?? 0)) & 255] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function microsecondsOf(checksum: (bytes: Uint8Array) => number): string {
  let sink = 0;
  for (let round = 0; round < ROUNDS / 10; round += 1) sink ^= checksum(data);
  const start = process.hrtime.bigint();
  for (let round = 0; round < ROUNDS; round += 1) sink ^= checksum(data);
  const us = Number(process.hrtime.bigint() - start) / 1000 / ROUNDS;
  return `${us.toFixed(2)} µs per ${data.length} bytes (${sink === 1 ? '' : 'ok'})`;
}

console.log(`CRC-32, node:zlib   ${microsecondsOf((bytes) => crc32(bytes))}`);
console.log(`CRC32C, JS table    ${microsecondsOf(crc32c)}`);
