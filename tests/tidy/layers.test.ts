// The house: who may import whom (design, packages table). Lower levels know nothing of higher ones.

import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, ROOT, readSources, type SourceFile } from './source-tree.ts';

const LEVELS: Readonly<Record<string, number>> = {
  media: 0,
  api: 0,
  rtp: 1,
  flv: 1,
  whiteboard: 1,
  tape: 2,
  ffmpeg: 2,
  storage: 2,
  sdk: 2,
  'sdk-server': 2,
  timeline: 3,
  webrtc: 4,
  live: 4,
  recorder: 4,
  mixer: 4,
  testkit: 4.5,
  server: 5,
  console: 5,
};
/** Neither sockets, files, timers nor clocks: bytes and times come in as arguments. */
const SANS_IO = ['media', 'api', 'rtp', 'flv', 'whiteboard', 'timeline'];
/** Native modules, each wrapped by exactly one package. */
const WRAPPED: Readonly<Record<string, string>> = {
  'node-av': 'ffmpeg',
  'node-datachannel': 'webrtc',
  '@napi-rs': 'mixer',
};
/** Only the command line and its processes may show test participants to users. */
const TESTKIT_USERS = ['server', 'testkit'];

const sources = readSources(['packages', 'apps']);
const packageOf = (path: string): string => path.split('/')[1] ?? '';

describe('layers', () => {
  it('has a level for every package', () => {
    const unknown = new Set(sources.map((file) => packageOf(file.path)).filter((name) => !(name in LEVELS)));

    expect([...unknown]).toEqual([]);
  });

  it('imports only lower levels', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith('@roomtape/'))
        .map((name) => name.split('/')[1] ?? '')
        .filter((target) => !mayImport(packageOf(file.path), target, file.isTest))
        .map((target) => `${file.path} imports @roomtape/${target}`),
    );

    expect(wrong).toEqual([]);
  });

  it('never reaches into another package past its index', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter(
          (name) => (isDeep(name) && !isExported(name)) || (name.startsWith('.') && leavesPackage(file.path, name)),
        )
        .map((name) => `${file.path} imports ${name}`),
    );

    expect(wrong).toEqual([]);
  });

  it('keeps sockets, files and timers out of the sans-I/O packages', () => {
    const wrong = sources
      .filter((file) => !file.isTest && SANS_IO.includes(packageOf(file.path)) && file.path.includes('/src/'))
      .flatMap((file) =>
        importsOf(file)
          .filter((name) => name.startsWith('node:'))
          .map((name) => `${file.path} imports ${name}`),
      );

    expect(wrong).toEqual([]);
  });

  it('has no circle of files that import each other', () => {
    expect(circlesOf(sources.filter((file) => !file.isTest))).toEqual([]);
  });

  it('wraps each native module in exactly one package', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .map((name) => name.split('/')[0] ?? '')
        .filter((name) => name in WRAPPED && WRAPPED[name] !== packageOf(file.path))
        .map((name) => `${file.path} imports ${name}`),
    );

    expect(wrong).toEqual([]);
  });
});

/** Files that reach themselves by relative imports, types included: none of them can be read alone. */
function circlesOf(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map((file) => [file.path, relativeImports(file)]));
  const reaches = (from: string, target: string, seen: Set<string>): boolean =>
    (graph.get(from) ?? []).some((next) => {
      if (next === target) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, target, seen);
    });
  return [...graph.keys()].filter((path) => reaches(path, path, new Set()));
}

function relativeImports(file: SourceFile): string[] {
  return importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => posix.normalize(posix.join(posix.dirname(file.path), name)));
}

function mayImport(from: string, target: string, isTest: boolean): boolean {
  if (from === target) return true;
  if (target === 'testkit') return isTest || TESTKIT_USERS.includes(from);
  return (LEVELS[target] ?? 99) < (LEVELS[from] ?? -1);
}

function isDeep(name: string): boolean {
  return /^@roomtape\/[^/]+\/./.test(name);
}

/** A package may have a second index, for those who cannot load all of it: a browser and what is native, say. */
function isExported(name: string): boolean {
  const [, target = '', ...rest] = name.split('/');
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'packages', target, 'package.json'), 'utf8'));
  return `./${rest.join('/')}` in exports;
}

function leavesPackage(path: string, name: string): boolean {
  let depth = path.split('/').length - 3;
  for (const part of name.split('/')) depth += part === '..' ? -1 : 0;
  return depth < 0;
}
