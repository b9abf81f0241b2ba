// The benchmarks still run: the cheapest one, in its quick form. What figures it prints is not judged here,
// a shared machine tells little; that they are there is.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const QUICK_TIMEOUT_MS = 120_000;
const run = promisify(execFile);

let results = '';

beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'roomtape-bench-results-'));
});

afterAll(() => rm(results, { recursive: true, force: true }));

describe('npm run bench', () => {
  it(
    'measures how fast a recording starts and leaves its figures',
    async () => {
      // Two recordings say whether it works; how fast it is is measured elsewhere.
      const args = ['bench/run.ts', 'start', '--quick', '--points', '2', '--results', results];
      const { stdout } = await run(process.execPath, args, { cwd: ROOT, timeout: QUICK_TIMEOUT_MS });
      const figures = JSON.parse(await readFile(join(results, 'start-quick.json'), 'utf8')) as {
        firstKeyframeMs: { median: number };
        machine: { cores: number };
      };

      expect(stdout).toContain('first keyframe on the tape');
      expect(figures.firstKeyframeMs.median).toBeGreaterThan(0);
      expect(figures.machine.cores).toBeGreaterThan(0);
    },
    QUICK_TIMEOUT_MS,
  );

  it('names the benchmarks there are when one is asked for that is not', async () => {
    const refused = await run(process.execPath, ['bench/run.ts', 'nothing'], { cwd: ROOT }).catch(
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

    expect(refused).toMatchObject({ code: 2, stderr: 'There is no benchmark nothing.\n' });
    expect(refused.stdout).toMatch(/^capture .*\n(.*\n)*kill .*\(slow\)\n/);
  });
});
