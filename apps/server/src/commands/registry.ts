// All commands of the `roomtape` program by name. Each is loaded only when it is called, so that `inspect`
// does not pay for the server and a browserless machine can still `serve`.

import type { Command } from '../command.ts';

/** Name and summary of every command, in the order the help shows them. */
export const COMMAND_SUMMARIES: Readonly<Record<string, string>> = {
  serve: 'run the server: HTTP API, rooms, capture and recording',
  demo: 'start a server, record two synthetic participants, check the files',
  publish: 'send a media file or a synthetic participant into a room by WHIP',
  play: 'receive a stream by WHEP',
  record: 'record a room for a while and list the files',
  inspect: 'print a tape as text',
  verify: 'account for every second of every track of a tape',
  analyse: 'print what the flash-and-beep analyser finds in a recording',
  render: 'make a file from a tape again',
};

/** Loads a command by its name; `undefined` when there is none. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  if (!Object.hasOwn(COMMAND_SUMMARIES, name)) return undefined;
  const module: { command: Command } = await import(new URL(`./${name}.ts`, import.meta.url).href);
  return module.command;
}
