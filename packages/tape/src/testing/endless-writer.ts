// A child process that continues the tape in a directory and writes until it is killed. Prints `<kind>
// <sequence>` for all that was acknowledged. Run: node endless-writer.ts DIRECTORY

import { writeSync } from 'node:fs';
import { argv } from 'node:process';
import { createSystemClock, silentLog } from '@roomtape/media';
import { openTape } from '../tape-writer.ts';
import { endlessEntry } from './endless-entry.ts';

const directory = argv[2] ?? '';
const clock = createSystemClock({ keepAlive: true });
const limits = { chunkBytesMax: 200_000, batchBytes: 8000, writeDelayMs: 2, syncDelayMs: 20 };
const writer = await openTape({ directory, tapeId: 'tp_endless', clock, log: silentLog, limits });
print(`opened ${writer.nextSequence - 1}\n`);
for (;;) {
  for (let index = 0; index < 8; index += 1) writer.append(endlessEntry(writer.nextSequence));
  const sync = writer.nextSequence % 5 === 0;
  const { sequence } = await (sync ? writer.sync() : writer.flush());
  print(`${sync ? 'synced' : 'flushed'} ${sequence}\n`);
}

/** The reader of a pipe may be slow: what was acknowledged is told all the same, before more is written. */
function print(line: string): void {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
