// Builds the web console into apps/console/dist: `node scripts/build-console.ts`, or `ensureConsole` from a program
// that wants to serve it. Quiet, and whole or not at all: a reader never sees half a build.

import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const CONSOLE = join(ROOT, 'apps', 'console');
const DIST = join(CONSOLE, 'dist');
const SOURCES = [
  join(CONSOLE, 'src'),
  join(CONSOLE, 'public'),
  join(CONSOLE, 'index.html'),
  // The SDK and what it is made of, and the layouts the mixing desk draws.
  join(ROOT, 'packages', 'sdk', 'src'),
  join(ROOT, 'packages', 'flv', 'src'),
  join(ROOT, 'packages', 'media', 'src'),
  join(ROOT, 'packages', 'mixer', 'src', 'layout'),
  fileURLToPath(import.meta.url),
];

/** How long a busy machine takes is no news. */
const CHECKS = { pluginTimings: false };

/** Builds the console if it is missing or older than its sources; resolves with the folder to serve. */
export async function ensureConsole(): Promise<string> {
  return isConsoleStale() ? buildConsole() : DIST;
}

/** Tells whether `apps/console/dist` is missing or older than its sources. */
export function isConsoleStale(): boolean {
  const index = join(DIST, 'index.html');
  if (!existsSync(index)) return true;
  const builtAtMs = statSync(index).mtimeMs;
  return SOURCES.some((path) => newestMs(path) > builtAtMs);
}

/** Builds the console; resolves with the folder to serve, rejects with the bundler's error. */
export async function buildConsole(): Promise<string> {
  const startedAtMs = performance.timeOrigin + performance.now();
  const made = join(CONSOLE, `dist-${process.pid}`);
  try {
    await inProduction(() => bundle(made));
    replaceFolder(made);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  if (process.argv[1] === fileURLToPath(import.meta.url)) report(startedAtMs);
  return DIST;
}

/** Two processes may build at once: either result is whole, so whoever comes too late is content. */
function replaceFolder(made: string): void {
  const old = join(CONSOLE, `dist-old-${process.pid}`);
  try {
    if (existsSync(DIST)) renameSync(DIST, old);
    renameSync(made, DIST);
  } catch (error) {
    if (isConsoleStale()) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

/** The bundler takes React's slow development build when NODE_ENV says anything else, `test` for instance. */
async function inProduction(action: () => Promise<void>): Promise<void> {
  const before = process.env.NODE_ENV;
  process.env.NODE_ENV = 'production';
  try {
    await action();
  } finally {
    if (before === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = before;
  }
}

async function bundle(outDir: string): Promise<void> {
  const [{ build }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')]);
  await build({
    root: CONSOLE,
    configFile: false,
    envDir: false,
    logLevel: 'warn',
    plugins: [react()],
    // The SDK's workers load their encoders when they are first needed.
    worker: { format: 'es', rolldownOptions: { checks: CHECKS } },
    build: {
      rolldownOptions: { checks: CHECKS },
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
  });
}

function newestMs(path: string): number {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return 0;
  if (!facts.isDirectory()) return facts.mtimeMs;
  return Math.max(facts.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function report(startedAtMs: number): void {
  const tookMs = Math.round(performance.timeOrigin + performance.now() - startedAtMs);
  const assets = readdirSync(join(DIST, 'assets'));
  const bytes = assets.reduce((total, name) => total + statSync(join(DIST, 'assets', name)).size, 0);
  console.log(`console built in ${tookMs} ms: ${assets.length} files, ${Math.round(bytes / 1000)} kB`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildConsole();
