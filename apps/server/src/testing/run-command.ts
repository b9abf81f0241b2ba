// A command of the command line, run in this process with what it printed.

import { type Command, parseCommand } from '../command.ts';

/** What a command left. */
export type CommandOutcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a command with these words after its name; throws when they are no call of it. */
export async function runCommand(command: Command, ...words: string[]): Promise<CommandOutcome> {
  const parsed = parseCommand(command, words);
  if (parsed.kind !== 'call') throw new Error(JSON.stringify(parsed));
  let [stdout, stderr] = ['', ''];
  const code = await command.run({
    ...parsed,
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    env: {},
    isTerminal: false,
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}
