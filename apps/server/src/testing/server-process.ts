// The real `roomtape` program as a process, for tests of what only a process can show. Not part of the product.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** A run of the program: what it wrote, and how it ended. */
export type ProgramRun = {
  readonly child: ChildProcess;
  readonly output: () => { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
};

/** Runs `roomtape` with arguments in a clean environment. */
export function runProgram(args: readonly string[], env: Record<string, string> = {}): ProgramRun {
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('ROOMTAPE_') && key !== 'VITEST');
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += String(data);
  });
  child.stderr?.on('data', (data) => {
    stderr += String(data);
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  return { child, output: () => ({ stdout, stderr }), ended };
}

/** The address a `serve` run prints once it is up; rejects when it ends before. */
export async function addressOf(run: ProgramRun): Promise<string> {
  const printed = new Promise<string>((resolve) => {
    run.child.stdout?.on('data', () => {
      const match = /Roomtape is at (\S+)/.exec(run.output().stdout);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
  });
  const failed = run.ended.then((end) => {
    throw new Error(`serve ended with ${JSON.stringify(end)}: ${run.output().stderr}`);
  });
  return Promise.race([printed, failed]);
}
