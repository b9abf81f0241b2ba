// `roomtape serve`: reads the configuration, starts the server, prints one address, and stops in order.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSystemClock, createSystemIds, RoomtapeError } from '@roomtape/media';
import { type Command, type CommandCall, EXIT } from '../command.ts';
import { configWarnings, readConfig } from '../config.ts';
import { configOptions } from '../config-reference.ts';
import { consoleDirectory } from '../console-build.ts';
import { createPinoLog } from '../log.ts';
import { forkChild } from '../processes/child-process.ts';
import { type RunningServer, startServer } from '../server.ts';

/** Compiled code in the data directory: a child that died is back sooner. Made anew when it is gone. */
const CODE_DIRECTORY = 'code-cache';

/** Exit codes of start-up errors, by code of the error. */
const EXIT_OF: Readonly<Record<string, number>> = {
  DATA_DIRECTORY_UNUSABLE: EXIT.dataDirectory,
  DATA_DIRECTORY_TAKEN: EXIT.dataDirectory,
  PORT_IN_USE: EXIT.portInUse,
  MEDIA_UNAVAILABLE: EXIT.noProcess,
  WORKER_UNAVAILABLE: EXIT.noProcess,
};

/** Runs the server. */
export const command: Command = {
  name: 'serve',
  summary: 'Runs the server: HTTP API, rooms, capture and recording. Each option is also a ROOMTAPE_ variable.',
  synopsis: '[OPTIONS]',
  options: configOptions(),
  positionalsMax: 0,
  exitCodes: {
    [EXIT.dataDirectory]: 'the data directory cannot be written or another server uses it',
    [EXIT.portInUse]: 'a port is in use',
    [EXIT.noProcess]: 'a media or worker process did not start',
  },
  run,
};

async function run(call: CommandCall): Promise<number> {
  const result = readConfig({ env: call.env, flags: call.values });
  if (!result.ok) {
    call.stderr(`The configuration is wrong:\n${result.problems.map((problem) => `  ${problem}\n`).join('')}`);
    return EXIT.usage;
  }
  const { config } = result;
  const clock = createSystemClock();
  const log = createPinoLog({ level: config.logLevel, process: 'control' });
  for (const warning of configWarnings(config)) log.warn({}, warning);
  let server: RunningServer;
  try {
    server = await startServer({
      config,
      version: await readVersion(),
      clock,
      ids: createSystemIds(),
      log,
      spawn: (role, name) => forkChild(programOf(role), name, join(config.dataDir, CODE_DIRECTORY)),
      consoleDirectory: await consoleDirectory(log),
    });
  } catch (error) {
    return reportStartError(error, call);
  }
  call.stdout(`Roomtape is at ${server.url}\n`);
  await untilAborted(call.signal);
  log.info({ signal: String(call.signal.reason) }, 'server stopping');
  await server.close();
  return EXIT.done;
}

function programOf(role: string): string {
  return fileURLToPath(new URL(`../processes/${role}.ts`, import.meta.url));
}

function reportStartError(error: unknown, call: CommandCall): number {
  if (!(error instanceof RoomtapeError)) throw error;
  call.stderr(`Roomtape cannot start: ${error.message} (${error.code})\n`);
  return EXIT_OF[error.code] ?? EXIT.failed;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
