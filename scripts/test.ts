// `npm test`: what a fresh machine lacks, then every check, then one line that counts them.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian packages the tests need: a browser to publish and play, a foreign reader of our files, the README's `curl`. */
const NEEDED = [
  { binary: '/usr/bin/chromium', name: 'chromium' },
  { binary: '/usr/bin/ffmpeg', name: 'ffmpeg' },
  { binary: '/usr/bin/curl', name: 'curl' },
];

type Count = { passed: number; failed: number };

const count: Count = { passed: 0, failed: 0 };
installNeeded();
check('biome', ['biome', 'check', '.']);
check('types', ['tsc', '-p', 'tsconfig.json']);
check('browser types', ['tsc', '-p', 'tsconfig.browser.json']);
vitest(process.argv.slice(2));
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1;

function installNeeded(): void {
  const missing = NEEDED.filter((need) => !existsSync(need.binary)).map((need) => need.name);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.error(`The tests need ${missing.join(', ')}: install with  apt-get install ${missing.join(' ')}`);
    process.exit(1);
  }
  console.log(`installing ${missing.join(', ')} with apt-get …`);
  run(['apt-get', 'update', '-qq']);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const result = spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  });
  if (result.status !== 0) process.exit(1);
}

function check(name: string, command: readonly string[]): void {
  const ok = run(command);
  console.log(`${ok ? 'ok' : 'FAILED'} ${name}`);
  if (ok) count.passed += 1;
  else count.failed += 1;
}

function vitest(patterns: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'roomtape-test-'));
  const report = join(folder, 'report.json');
  run([
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    '--reporter=./scripts/second-tries.ts',
    '--reporter=./scripts/time-spent.ts',
    `--outputFile.json=${report}`,
    ...patterns,
  ]);
  const result = readReport(report);
  count.passed += result.passed;
  count.failed += result.failed;
  rmSync(folder, { recursive: true, force: true });
}

/** A suite that fails to load counts as one failure: it hides tests. */
function readReport(path: string): Count {
  if (!existsSync(path)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const broken = report.testResults.filter(
    (suite: { status: string; assertionResults: unknown[] }) =>
      suite.status === 'failed' && suite.assertionResults.length === 0,
  ).length;
  const unhandled = report.success === false && report.numFailedTests + broken === 0 ? 1 : 0;
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken + unhandled };
}

function run([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'inherit' }).status === 0;
}
