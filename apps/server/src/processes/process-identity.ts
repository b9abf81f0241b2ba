// Which process a number means: process ids are used again, so a process is named by its id and start time.
// Linux tells the start time (proc(5)); elsewhere the id alone has to do.

import { readFileSync } from 'node:fs';

/** A process, written so that another process can recognise it later. */
export type ProcessIdentity = { readonly pid: number; readonly start: string };

/** The identity of a running process, or what is known of it. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, start: startOf(pid) };
}

/** Writes an identity as one line. */
export function writeIdentity({ pid, start }: ProcessIdentity): string {
  return `${pid} ${start}\n`;
}

/** Reads an identity back; `undefined` when the text is none. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  const match = /^([1-9]\d{0,9}) (\S+)\s*$/.exec(text);
  return match === null ? undefined : { pid: Number(match[1]), start: match[2] ?? '' };
}

/** Whether that very process still runs; never true for ourselves. */
export function isRunning({ pid, start }: ProcessIdentity): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return start === startOf(pid);
}

function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold spaces and brackets: fields are counted from the last bracket. A zombie has ended.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? 'unknown');
  } catch {
    return 'unknown';
  }
}
