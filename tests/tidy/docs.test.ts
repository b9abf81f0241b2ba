// Documents name only what exists, and show only commands that a test runs.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DOCUMENTED_COMMANDS } from '../docs/documented-commands.ts';
import { listFiles, ROOT } from './source-tree.ts';

const documents = listFiles('', ['.md']);
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

describe('documents', () => {
  it('link only to files that exist', () => {
    const dead = documents.flatMap((path) =>
      Array.from(textOf(path).matchAll(/\]\(([^)\s]+)\)/g), (match) => match[1] ?? '')
        .filter((target) => !/^(https?:|mailto:|#)/.test(target))
        .map((target) => normalize(join(dirname(path), target.replace(/#.*$/, ''))))
        .filter((target) => !existsSync(join(ROOT, target)))
        .map((target) => `${path} → ${target}`),
    );

    expect(dead).toEqual([]);
  });

  it('name only paths of the repository that exist', () => {
    const dead = documents.flatMap((path) =>
      Array.from(
        textOf(path).matchAll(/`((?:packages|apps|docs|tests|bench|scripts)\/[\w./-]+)`/g),
        (match) => match[1] ?? '',
      )
        .filter((target) => !existsSync(join(ROOT, target)))
        .map((target) => `${path} → ${target}`),
    );

    expect(dead).toEqual([]);
  });

  it('show only commands that a test runs', () => {
    const unknown = documents.flatMap((path) =>
      commandsIn(textOf(path))
        .filter((command) => !DOCUMENTED_COMMANDS.some((known) => known.command === command))
        .map((command) => `${path}: ${command}`),
    );

    expect(unknown).toEqual([]);
  });
});

function commandsIn(text: string): string[] {
  return Array.from(text.matchAll(/```sh\n([\s\S]*?)```/g), (match) => match[1] ?? '')
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
    .map((line) =>
      line
        .replace(/\s+#.*$/, '')
        .trim()
        .replaceAll(/\s+/g, ' '),
    )
    .filter((line) => line !== '' && !line.startsWith('#'));
}
