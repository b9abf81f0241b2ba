import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorReference } from './error-reference.ts';
import { ERROR_CATALOGUE } from './errors.ts';
import { isId } from './ids.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('error catalogue', () => {
  it('is documented as it is', () => {
    const written = readFileSync(join(ROOT, 'docs/reference/errors.md'), 'utf8');

    expect(written, 'run: node scripts/write-reference.ts').toBe(errorReference());
  });

  it('names only statuses of errors, and tells callers to retry only what can help', () => {
    for (const row of Object.values(ERROR_CATALOGUE)) {
      expect(row.status).toBeGreaterThanOrEqual(400);
      expect(row.whatToDo).toMatch(/\.$/);
      if (row.status < 429) expect(row.retryable).toBe(false);
    }
  });

  it('has no code that nothing uses', () => {
    const sources = ['apps', 'packages']
      .flatMap((folder) =>
        readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((f) => join(folder, f)),
      )
      .filter((path) => path.endsWith('.ts') && !path.includes('node_modules') && !path.endsWith('.test.ts'))
      .filter((path) => !path.startsWith('packages/api/src/errors'));
    const text = sources.map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n');

    expect(Object.keys(ERROR_CATALOGUE).filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });
});

describe('ids', () => {
  it.each(['a', 'room-1', 'A_b', 'x'.repeat(128)])('may be %s', (id) => {
    expect(isId(id)).toBe(true);
  });

  it('may not be empty, long, or hold anything that needs escaping', () => {
    for (const id of ['', 'x'.repeat(129), 'a/b', '..', 'a.b', 'a b', 'ü', 'a\n', 7, undefined])
      expect(isId(id)).toBe(false);
  });
});
