// One build of the SDK for all tests that load it into a page: made by whoever needs it first, and again when a source is newer.

import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildSdk } from '../../scripts/build-sdk.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BUILD = join(ROOT, 'node_modules', '.cache', 'roomtape-sdk');
const SOURCES = ['api', 'flv', 'media', 'sdk'].map((name) => join(ROOT, 'packages', name, 'src'));

/** Resolves with the folder of a build that is no older than its sources. */
export async function sharedSdkBuild(): Promise<string> {
  if (!isStale()) return BUILD;
  const made = `${BUILD}-${process.pid}`;
  try {
    await buildSdk(made);
    replaceBuild(made);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return BUILD;
}

/** Two test files may build at once: either result is whole, so whoever comes too late is content. */
function replaceBuild(made: string): void {
  if (!isStale()) return;
  const old = `${made}-old`;
  try {
    if (existsSync(BUILD)) renameSync(BUILD, old);
    renameSync(made, BUILD);
  } catch (error) {
    if (isStale()) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

function isStale(): boolean {
  const entry = statSync(join(BUILD, 'roomtape.js'), { throwIfNoEntry: false });
  return entry === undefined || SOURCES.some((path) => newestMs(path) > entry.mtimeMs);
}

function newestMs(path: string): number {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return 0;
  if (!facts.isDirectory()) return facts.mtimeMs;
  return Math.max(facts.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}
