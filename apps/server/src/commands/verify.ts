// `roomtape verify`: accounts for every second of every track, and fails when something is missing without a
// reason or cannot be read.

import { printAccount, verifyTape } from '@roomtape/tape';
import { type Command, type CommandCall, EXIT } from '../command.ts';
import { findTapes } from '../tape-location.ts';
import { DATA_DIRECTORY_OPTION, dataDirectoryOf } from './server-options.ts';

/** Verifies tapes. */
export const command: Command = {
  name: 'verify',
  summary: 'Accounts for every second of every track of a tape: recorded, lost, muted, paused, gap or missing.',
  synopsis: 'DIR|ID [OPTIONS]',
  options: {
    ...DATA_DIRECTORY_OPTION,
    json: { type: 'boolean', description: 'print the accounts as JSON' },
  },
  positionalsMax: 1,
  run,
};

async function run({ positionals, values, env, stdout, stderr }: CommandCall): Promise<number> {
  const [name] = positionals;
  if (name === undefined) {
    stderr('Name a tape or a recording.\n');
    return EXIT.usage;
  }
  const tapes = findTapes(name, dataDirectoryOf({ values, env }));
  if (tapes.length === 0) {
    stderr(`There is no tape at ${name}.\n`);
    return EXIT.failed;
  }
  const accounts = tapes.map((directory) => verifyTape(directory));
  if (values.json === true) stdout(`${JSON.stringify(accounts, null, 2)}\n`);
  else for (const account of accounts) for (const line of printAccount(account)) stdout(`${line}\n`);
  // A directory of damaged chunks reads as a tape without entries.
  const sound = accounts.every(
    ({ entries, totals, skipped }) => entries > 0 && totals.missingMs === 0 && skipped.length === 0,
  );
  return sound ? EXIT.done : EXIT.failed;
}
