// Where the built console is: built first when it is missing or older than its sources. Without the sources (an
// installed package) or when the build fails, the server runs without a page.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Log } from '@roomtape/media';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/** The folder to serve the page from; `undefined` when there is none. */
export async function consoleDirectory(log: Log): Promise<string | undefined> {
  const dist = join(ROOT, 'apps', 'console', 'dist');
  const script = join(ROOT, 'scripts', 'build-console.ts');
  if (existsSync(script)) {
    try {
      const { isConsoleStale }: { isConsoleStale: () => boolean } = await import(script);
      // In a process of its own: a bundler's half a gigabyte would stay with the server for as long as it runs.
      if (isConsoleStale()) await run(process.execPath, [script]);
    } catch (error) {
      log.error({ error }, 'console build failed');
    }
  }
  return existsSync(join(dist, 'index.html')) ? dist : undefined;
}
