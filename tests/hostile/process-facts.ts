// What the operating system says of the server's processes and ports (Linux).

import { readFileSync } from 'node:fs';
import type { ServerProcess } from '../server-process.ts';

const BYTES_PER_KB = 1024;
const MB = 1024 * 1024;

/** Process ids of the server's children by name; every one of them is up. */
export async function pidsOf(server: ServerProcess): Promise<Record<string, number>> {
  const children = await server.children();
  return Object.fromEntries(children.map(({ name, pid, isUp }) => [name, isUp ? (pid ?? 0) : 0]));
}

/** Resident memory in MB of the first child of a role, such as `media`. */
export function residentMb(pids: Record<string, number>, role: string): number {
  const [, pid] = Object.entries(pids).find(([name]) => name.startsWith(role)) ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
  return (Number(kilobytes) * BYTES_PER_KB) / MB;
}

/** Bytes waiting in, and datagrams lost by, the IPv4 sockets bound to a UDP port. */
export function udpQueueOf(port: number): { readonly waitingBytes: number; readonly dropped: number } {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/udp', 'utf8').split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/\s+/)).filter((row) => row[1]?.endsWith(`:${hex}`) === true);
  return {
    waitingBytes: sum(fields.map((row) => Number.parseInt(row[4]?.split(':')[1] ?? '0', 16))),
    dropped: sum(fields.map((row) => Number(row[12] ?? 0))),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
