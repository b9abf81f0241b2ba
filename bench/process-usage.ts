// What a process has used, by the kernel's own accounting (proc(5)). Linux only.

import { readFileSync } from 'node:fs';

/** User plus system CPU time and resident memory of one process, all its threads. */
export type ProcessUsage = { readonly cpuSeconds: number; readonly rssBytes: number };

/** The kernel's USER_HZ, fixed at 100 on every Linux that Node runs on (proc(5), `sysconf(_SC_CLK_TCK)`). */
const TICKS_PER_SECOND = 100;

/** Reads one process's usage; `undefined` when it is gone. */
export function readProcessUsage(pid: number): ProcessUsage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and brackets: fields are counted from the last bracket (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpuTicks = Number(fields[11]) + Number(fields[12]);
    const rssKib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return { cpuSeconds: cpuTicks / TICKS_PER_SECOND, rssBytes: Number(rssKib) * 1024 };
  } catch {
    return undefined;
  }
}

/** Sums the usage of several processes; those that are gone count as nothing. */
export function readUsage(pids: readonly number[]): ProcessUsage {
  const all = pids.map(readProcessUsage).filter((usage) => usage !== undefined);
  return {
    cpuSeconds: all.reduce((sum, usage) => sum + usage.cpuSeconds, 0),
    rssBytes: all.reduce((sum, usage) => sum + usage.rssBytes, 0),
  };
}
