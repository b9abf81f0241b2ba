// The `roomtape` program: finds the command, checks its options, runs it, and turns its result into an exit
// code. Everything else is in `commands/`.

import { type CommandIo, commandHelp, EXIT, parseCommand } from './command.ts';
import { COMMAND_SUMMARIES, loadCommand } from './commands/registry.ts';

const NODE_MAJOR_MIN = 24;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const io = processIo();
  if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
    io.stderr(
      `Roomtape needs Node ${NODE_MAJOR_MIN}; this is ${process.versions.node}. Run \`npm start\` or \`npx roomtape\`.\n`,
    );
    return EXIT.usage;
  }
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.stdout(programHelp());
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  return runCommand(name, rest, io);
}

async function runCommand(name: string, args: readonly string[], io: CommandIo): Promise<number> {
  const command = await loadCommand(name);
  if (command === undefined) {
    io.stderr(`There is no command "${name}".\n\n${programHelp()}`);
    return EXIT.usage;
  }
  const parsed = parseCommand(command, args);
  if (parsed.kind === 'help') {
    io.stdout(commandHelp(command));
    return EXIT.done;
  }
  if (parsed.kind === 'problems') {
    io.stderr(`${parsed.problems.join('\n')}\nSee \`roomtape ${name} --help\`.\n`);
    return EXIT.usage;
  }
  try {
    return await command.run({ ...io, positionals: parsed.positionals, values: parsed.values });
  } catch (error) {
    io.stderr(`roomtape ${name}: ${describeError(error)}\n`);
    return EXIT.failed;
  }
}

function programHelp(): string {
  const rows = Object.entries(COMMAND_SUMMARIES).map(([name, summary]) => `  ${name.padEnd(9)} ${summary}`);
  return `roomtape COMMAND [OPTIONS]\n\n${rows.join('\n')}\n\nroomtape COMMAND --help shows the options of a command.\n`;
}

function processIo(): CommandIo {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(signal));
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    env: process.env,
    isTerminal: process.stdout.isTTY === true,
    signal: stop.signal,
  };
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? `${code}: ${error.message}` : (error.stack ?? error.message);
}
