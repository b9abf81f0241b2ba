// What a `roomtape` command is: its name, options, help, and a run function that returns an exit code.
// Parsing lists every problem at once. It does not read the environment (config.ts does that for `serve`).

import { parseArgs } from 'node:util';

/** One `--option` of a command. */
export type CommandOption = {
  readonly type: 'string' | 'boolean';
  readonly description: string;
  /** Shown in the help as the value's name, such as `URL` or `DURATION`. */
  readonly placeholder?: string;
  readonly default?: string | boolean;
};

/** Where a command writes; tests pass collectors. */
export type CommandIo = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether progress lines may be redrawn in place. */
  readonly isTerminal: boolean;
  /** Aborts when the user asks to stop (SIGINT, SIGTERM). */
  readonly signal: AbortSignal;
};

/** One call of a command: what the user typed, already checked against `options`. */
export type CommandCall = CommandIo & {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
};

/** A `roomtape` command. Each file of `commands/` exports one as `command`. */
export type Command = {
  readonly name: string;
  readonly summary: string;
  /** What follows `roomtape <name>` in the usage line, such as `[FILE] --room ROOM`. */
  readonly synopsis: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  readonly positionalsMax: number;
  /** What each exit code beyond 0, 1 and 2 means. */
  readonly exitCodes?: Readonly<Record<number, string>>;
  run(call: CommandCall): Promise<number>;
};

/** Exit codes that mean the same in every command. */
export const EXIT = { done: 0, failed: 1, usage: 2, dataDirectory: 3, portInUse: 4, noProcess: 5 } as const;

/** What the user typed, or everything that is wrong with it. */
export type ParsedCommand =
  | { readonly kind: 'call'; readonly positionals: readonly string[]; readonly values: CommandCall['values'] }
  | { readonly kind: 'help' }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/** Checks a command line against a command's options and lists all problems. */
export function parseCommand(command: Command, args: readonly string[]): ParsedCommand {
  const options = Object.fromEntries(Object.entries(command.options).map(([name, o]) => [name, { type: o.type }]));
  const { tokens, positionals } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const values: Record<string, string | boolean | undefined> = {};
  for (const [name, option] of Object.entries(command.options)) values[name] = option.default;
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (token.name === 'help' || token.rawName === '-h') return { kind: 'help' };
    const option = command.options[token.name];
    if (option === undefined) problems.push(`unknown option ${token.rawName}${suggestion(token.name, command)}`);
    else if (option.type === 'boolean' && token.value !== undefined) problems.push(`${token.rawName} takes no value`);
    else if (option.type === 'string' && token.value === undefined) problems.push(`${token.rawName} needs a value`);
    else values[token.name] = option.type === 'boolean' ? true : token.value;
  }
  if (positionals.length > command.positionalsMax) {
    problems.push(`too many arguments: ${positionals.slice(command.positionalsMax).join(' ')}`);
  }
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'call', positionals, values };
}

/** Writes the help of one command. */
export function commandHelp(command: Command): string {
  const lines = [`roomtape ${command.name} ${command.synopsis}`.trimEnd(), '', `  ${command.summary}`, ''];
  const rows = Object.entries(command.options).map(([name, option]) => ({
    left: `--${name}${option.type === 'string' ? ` ${option.placeholder ?? 'VALUE'}` : ''}`,
    right: option.description + (option.default === undefined ? '' : ` (default ${option.default})`),
  }));
  const width = Math.min(36, Math.max(6, ...rows.map((row) => row.left.length)));
  if (rows.length > 0) lines.push('Options:');
  for (const row of rows) lines.push(`  ${row.left.padEnd(width)}  ${row.right}`);
  lines.push('', 'Exit codes: 0 done, 1 failed, 2 bad command line or configuration');
  for (const [code, meaning] of Object.entries(command.exitCodes ?? {})) lines.push(`  ${code}  ${meaning}`);
  return `${lines.join('\n')}\n`;
}

function suggestion(name: string, command: Command): string {
  const near = Object.keys(command.options).find((known) => known.startsWith(name) || name.startsWith(known));
  return near === undefined ? '' : ` (did you mean --${near}?)`;
}
