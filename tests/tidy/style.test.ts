// The house rules that a machine can check: sizes, names, banned calls, headers and doc comments.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { functionsOf, listFiles, ROOT, readSources, type SourceFile } from './source-tree.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const PARAMETERS_MAX = 3;
const README_LINES_MAX = 15;
const DRAWERS = /(^|\/)(utils?|misc|helpers?|common|core|types)\.tsx?$/;
/** Time and randomness are ports; these two files hold their only real implementations. */
const CLOCK_FILES = ['packages/media/src/clock.ts', 'packages/media/src/ids.ts'];
const BANNED: readonly [RegExp, string][] = [
  [/\bDate\.now\(/, 'take a Clock'],
  [/\bperformance\.now\(/, 'take a Clock'],
  [/\bnew Date\(\)/, 'take a Clock'],
  [/(?<![.\w#])setTimeout\(/, 'use clock.after'],
  [/(?<![.\w#])setInterval\(/, 'use clock.every'],
  [/\bMath\.random\(/, 'take Ids'],
  [/\brandomUUID\(|\brandomBytes\(/, 'take Ids'],
  [/@ts-ignore|@ts-nocheck/, 'fix the type'],
  [/\bTODO\b|\bFIXME\b|\bXXX\b/, 'do it, or open an issue'],
];
/** Code that runs in a browser, and the process around the tests, may use the platform's own timers. */
const BROWSER = /^(packages\/sdk|apps\/console)\//;

const product = readSources(['packages', 'apps']).filter((file) => file.path.includes('/src/'));
const sources = product.filter((file) => !file.isTest);
const everything = [...product, ...readSources(['tests', 'bench', 'scripts'])];

describe('style', () => {
  it('keeps files small enough to know', () => {
    const long = everything.map((file) => `${file.path}: ${file.text.split('\n').length}`);

    expect(long.filter((row) => Number(row.split(': ')[1]) > FILE_LINES_MAX)).toEqual([]);
  });

  it('keeps functions small enough to hold in the head', () => {
    const isSuite = (file: SourceFile): boolean => file.isTest;
    const long = everything
      .filter((file) => !isSuite(file))
      .flatMap((file) => functionsOf(file).map((span) => ({ file, span })))
      .filter(({ span }) => span.lines > FUNCTION_LINES_MAX)
      .map(({ file, span }) => `${file.path}:${span.line} ${span.name} is ${span.lines} lines`);

    expect(long).toEqual([]);
  });

  it('passes options instead of a train of arguments', () => {
    const trains = sources
      .flatMap((file) => functionsOf(file).map((span) => ({ file, span })))
      .filter(({ span }) => span.parameters > PARAMETERS_MAX)
      .map(({ file, span }) => `${file.path}:${span.line} ${span.name} takes ${span.parameters}`);

    expect(trains).toEqual([]);
  });

  it('gives every file its own noun', () => {
    expect(everything.map((file) => file.path).filter((path) => DRAWERS.test(path))).toEqual([]);
  });

  it('asks for time and randomness only through the ports', () => {
    const wrong = sources
      .filter((file) => !CLOCK_FILES.includes(file.path) && !BROWSER.test(file.path))
      .flatMap((file) => bannedIn(file));

    expect(wrong).toEqual([]);
  });

  it('opens every source file with what it is', () => {
    const bare = sources.filter((file) => !/^(#!.*\n)?\/[/*]/.test(file.text) && !file.path.endsWith('/index.ts'));

    expect(bare.map((file) => file.path)).toEqual([]);
  });

  it('says what every export is', () => {
    expect(sources.filter((file) => !file.path.endsWith('/index.ts')).flatMap(undocumentedExports)).toEqual([]);
  });

  it('gives every package a short README', () => {
    const wrong = [...listPackages('packages'), ...listPackages('apps')].filter((folder) => {
      const lines = readOrEmpty(`${folder}/README.md`).trim().split('\n').length;
      return lines < 3 || lines > README_LINES_MAX;
    });

    expect(wrong).toEqual([]);
  });

  it('switches no test off and waits by no sleep', () => {
    const wrong = everything
      .filter((file) => file.isTest && !file.path.startsWith('tests/tidy/'))
      .filter((file) => /\b(it|test|describe)\.(skip|only|todo)\(|expect\([^()]*\);\s*$/m.test(file.text));

    expect(wrong.map((file) => file.path)).toEqual([]);
  });
});

function bannedIn(file: SourceFile): string[] {
  return file.text.split('\n').flatMap((line, index) => {
    const code = /^\s*(\/\/|\*|\/\*)/.test(line) && !/TODO|FIXME|XXX/.test(line) ? '' : line;
    return BANNED.filter(([pattern]) => pattern.test(code)).map(([, mend]) => `${file.path}:${index + 1} ${mend}`);
  });
}

function undocumentedExports(file: SourceFile): string[] {
  const lines = file.text.split('\n');
  return lines.flatMap((line, index) => {
    const match = /^export (?:async )?(?:abstract )?(?:function\*?|class|const|type|interface) (\w+)/.exec(line);
    if (match === null) return [];
    const before = lines[index - 1] ?? '';
    // A type named like the schema constant above it shares that one's comment.
    const isTwin = line.startsWith('export type') && file.text.includes(`export const ${match[1]} `);
    return before.trimEnd().endsWith('*/') || isTwin || isDerived(line)
      ? []
      : [`${file.path}:${index + 1} ${match[1]}`];
  });
}

function isDerived(line: string): boolean {
  return /^export type \w+ = \(typeof [A-Z_]+\)\[number\];/.test(line);
}

function listPackages(folder: string): string[] {
  return listFiles(folder, ['package.json'])
    .filter((path) => path.split('/').length === 3)
    .map((path) => path.slice(0, path.lastIndexOf('/')));
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    return '';
  }
}
