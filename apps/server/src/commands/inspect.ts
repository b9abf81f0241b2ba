// `roomtape inspect`: prints a tape, or the tapes and the journal of a recording, as text.

import { inspectTape } from '@roomtape/tape';
import { type Command, type CommandCall, EXIT } from '../command.ts';
import { findTapes } from '../tape-location.ts';
import { DATA_DIRECTORY_OPTION, dataDirectoryOf } from './server-options.ts';

/** Prints tapes. */
export const command: Command = {
  name: 'inspect',
  summary: 'Prints a tape as text, one line an entry. A recording prints all its tapes.',
  synopsis: 'DIR|ID [OPTIONS]',
  options: {
    ...DATA_DIRECTORY_OPTION,
    from: { type: 'string', placeholder: 'SEQUENCE', description: 'start at this entry' },
  },
  positionalsMax: 1,
  run,
};

async function run({ positionals, values, env, stdout, stderr }: CommandCall): Promise<number> {
  const [name] = positionals;
  const from = values.from === undefined ? 0 : Number(values.from);
  if (name === undefined || !Number.isSafeInteger(from) || from < 0) {
    stderr(name === undefined ? 'Name a tape or a recording.\n' : '--from must be a whole number.\n');
    return EXIT.usage;
  }
  const tapes = findTapes(name, dataDirectoryOf({ values, env }));
  if (tapes.length === 0) {
    stderr(`There is no tape at ${name}.\n`);
    return EXIT.failed;
  }
  for (const directory of tapes) {
    if (tapes.length > 1) stdout(`== ${directory}\n`);
    for (const line of inspectTape(directory, { fromSequence: from })) stdout(`${line}\n`);
  }
  return EXIT.done;
}
