// Where the built console is: built first when it is missing or older than its sources. Without the sources (an
// installed package) or when the build fails, the server runs without a page.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '@roomtape/media';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The folder to serve the page from; `undefined` when there is none. */
export async function consoleDirectory(log: Log): Promise<string | undefined> {
  const dist = join(ROOT, 'apps', 'console', 'dist');
  const script = join(ROOT, 'scripts', 'build-console.ts');
  if (existsSync(script)) {
    try {
      const { ensureConsole }: { ensureConsole: () => Promise<string> } = await import(script);
      return await ensureConsole();
    } catch (error) {
      log.error({ error }, 'console build failed');
    }
  }
  return existsSync(join(dist, 'index.html')) ? dist : undefined;
}
