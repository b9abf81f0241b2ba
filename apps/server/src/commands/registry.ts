// All commands of the `roomtape` program by name. Each is loaded only when it is called, so that `inspect`
// does not pay for the server.

import type { Command } from '../command.ts';

type Entry = { readonly summary: string; readonly load: () => Promise<{ readonly command: Command }> };

const COMMANDS: Readonly<Record<string, Entry>> = {
  serve: { summary: 'run the server: HTTP API, rooms, capture and recording', load: () => import('./serve.ts') },
  demo: {
    summary: 'start a server, record two synthetic participants, check the files',
    load: () => import('./demo.ts'),
  },
  publish: {
    summary: 'send a media file or a synthetic participant into a room by WHIP',
    load: () => import('./publish.ts'),
  },
  play: { summary: 'receive a stream by WHEP', load: () => import('./play.ts') },
  record: { summary: 'record a room for a while and list the files', load: () => import('./record.ts') },
  snapshot: { summary: 'take a picture of a recording', load: () => import('./snapshot.ts') },
  inspect: { summary: 'print a tape as text', load: () => import('./inspect.ts') },
  verify: { summary: 'account for every second of every track of a tape', load: () => import('./verify.ts') },
  analyse: {
    summary: 'print what the flash-and-beep analyser finds in a recording',
    load: () => import('./analyse.ts'),
  },
  render: {
    summary: 'make a file from a tape again, or a film of a recording with another layout',
    load: () => import('./render.ts'),
  },
};

/** Name and summary of every command, in the order the help shows them. */
export const COMMAND_SUMMARIES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary]),
);

/** Loads a command by its name; `undefined` when there is none. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  if (!Object.hasOwn(COMMANDS, name)) return undefined;
  return (await COMMANDS[name]?.load())?.command;
}
