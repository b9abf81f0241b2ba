// Builds that several test files load into pages: made by whoever needs one first, and again when a source is newer.

import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSdk, buildSdkPackage } from '../../scripts/build-sdk.ts';
import { buildSdkParts } from './parts-build.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CACHE = join(ROOT, 'node_modules', '.cache');
const SOURCES = ['api', 'flv', 'media', 'sdk'].map((name) => join(ROOT, 'packages', name, 'src'));

/** One build: where it is kept, a file it always has, and how it is made. */
type SharedBuild = { readonly folder: string; readonly entry: string; make(outDir: string): Promise<unknown> };

const SDK: SharedBuild = { folder: join(CACHE, 'roomtape-sdk'), entry: 'roomtape.js', make: buildSdk };
const PACKAGE: SharedBuild = {
  folder: join(CACHE, 'roomtape-sdk-package'),
  entry: 'roomtape.js',
  make: buildSdkPackage,
};
const PARTS: SharedBuild = { folder: join(CACHE, 'roomtape-sdk-parts'), entry: 'audio.js', make: buildSdkParts };

/** A folder of one's own with a build in it. */
export type OwnFolder = { readonly folder: string; remove(): Promise<void> };

/** Resolves with the folder of a build of the SDK that is no older than its sources. */
export function sharedSdkBuild(): Promise<string> {
  return shared(SDK);
}

/** Copies the SDK as it is published, with its types, to `outDir`. */
export async function copySdkPackage(outDir: string): Promise<void> {
  await cp(await shared(PACKAGE), outDir, { recursive: true });
}

/** Copies the parts of the SDK that are tested by themselves into a folder that a test may write to. */
export async function ownPartsBuild(): Promise<OwnFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'roomtape-parts-'));
  await cp(await shared(PARTS), folder, { recursive: true });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function shared(build: SharedBuild): Promise<string> {
  if (!isStale(build)) return build.folder;
  const made = `${build.folder}-${process.pid}`;
  try {
    await build.make(made);
    replaceBuild(build, made);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return build.folder;
}

/** Two test files may build at once: either result is whole, so whoever comes too late is content. */
function replaceBuild(build: SharedBuild, made: string): void {
  if (!isStale(build)) return;
  const old = `${made}-old`;
  try {
    if (existsSync(build.folder)) renameSync(build.folder, old);
    renameSync(made, build.folder);
  } catch (error) {
    if (isStale(build)) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

function isStale({ folder, entry }: SharedBuild): boolean {
  const facts = statSync(join(folder, entry), { throwIfNoEntry: false });
  return facts === undefined || SOURCES.some((path) => newestMs(path) > facts.mtimeMs);
}

function newestMs(path: string): number {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return 0;
  if (!facts.isDirectory()) return facts.mtimeMs;
  return Math.max(facts.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}
