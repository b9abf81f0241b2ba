// Reads the repository as the tidy tests see it: which source files there are, what they import, how long
// their functions are. Reads only; every rule stands in its own test.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** One TypeScript file of ours. Lines are 1-based, paths relative to the root with forward slashes. */
export type SourceFile = { readonly path: string; readonly text: string; readonly isTest: boolean };

/** A function-like node and the lines it spans. */
export type FunctionSpan = {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
  readonly parameters: number;
};

const SKIPPED = new Set(['node_modules', 'dist', '.git', 'data', 'coverage', 'results']);

/** Lists files below a folder of the repository whose name ends in one of the endings. */
export function listFiles(folder: string, endings: readonly string[]): string[] {
  const found: string[] = [];
  for (const item of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = folder === '' ? item.name : `${folder}/${item.name}`;
    if (item.isDirectory() && !SKIPPED.has(item.name)) found.push(...listFiles(path, endings));
    else if (item.isFile() && endings.some((ending) => item.name.endsWith(ending))) found.push(path);
  }
  return found.sort();
}

/** Reads every TypeScript file below the given folders. */
export function readSources(folders: readonly string[]): SourceFile[] {
  return folders
    .flatMap((folder) => listFiles(folder, ['.ts', '.tsx']))
    .filter((path) => !path.endsWith('.d.ts'))
    .map((path) => ({
      path,
      text: readFileSync(join(ROOT, path), 'utf8'),
      isTest: /\.test\.tsx?$|\/testing\//.test(path),
    }));
}

/** The modules a file imports, static, dynamic and re-exported. */
export function importsOf(file: SourceFile): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;'"`]*?from\s*'([^']+)'|import\s*\(\s*'([^']+)'\s*\)|(?:^|\n)import\s*'([^']+)'/g;
  return Array.from(file.text.matchAll(pattern), (match) => match[1] ?? match[2] ?? match[3] ?? '');
}

/** Every function of a file with its span; classes are containers, not functions. */
export function functionsOf(file: SourceFile): FunctionSpan[] {
  const ast = parseAst(file.text, { lang: file.path.endsWith('x') ? 'tsx' : 'ts' });
  const lineStarts = lineStartsOf(file.text);
  const spans: FunctionSpan[] = [];
  visit(ast, 'anonymous', (node, name) => {
    const first = lineOf(lineStarts, node.start);
    const last = lineOf(lineStarts, node.end);
    spans.push({ name, line: first, lines: last - first + 1, parameters: node.params?.length ?? 0 });
  });
  return spans;
}

/** A path relative to the root, for messages. */
export function shown(path: string): string {
  return relative(ROOT, path).replaceAll('\\', '/');
}

type AstNode = { type: string; start: number; end: number; params?: unknown[]; [key: string]: unknown };

const FUNCTION_TYPES = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

function visit(value: unknown, name: string, onFunction: (node: AstNode, name: string) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, name, onFunction);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const node = value as AstNode;
  const ownName = nameOf(node) ?? name;
  if (typeof node.type === 'string' && FUNCTION_TYPES.has(node.type)) onFunction(node, ownName);
  for (const child of Object.values(node)) if (typeof child === 'object') visit(child, ownName, onFunction);
}

function nameOf(node: AstNode): string | undefined {
  const named = (node.id ?? node.key) as { name?: unknown } | null | undefined;
  return typeof named?.name === 'string' ? named.name : undefined;
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

function lineOf(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}
