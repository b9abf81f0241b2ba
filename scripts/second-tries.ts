// Tells which tests passed only when they were tried again: such a test is counted as passed, and looked at.

import type { Reporter, TestCase } from 'vitest/node';

/** Of a message: its first line, and of an analysed film its faults. */
const WORDS_MAX = 400;

/** A reporter that prints one line for each such test at the end. */
export default class SecondTries implements Reporter {
  readonly #names: string[] = [];

  onTestCaseResult(test: TestCase): void {
    const tries = test.diagnostic()?.retryCount ?? 0;
    if (tries === 0 || !test.ok()) return;
    this.#names.push(`${test.module.relativeModuleId} › ${test.fullName}: ${why(test)}`);
  }

  onTestRunEnd(): void {
    for (const name of this.#names) console.log(`passed at the second try: ${name}`);
  }
}

function why(test: TestCase): string {
  const [first = '', ...more] = test.result().errors?.[0]?.message.split('\n') ?? [];
  const at = more.findIndex((line) => /^✘ \d+ fault/.test(line));
  return [first, ...(at < 0 ? [] : more.slice(at))].join(' ').slice(0, WORDS_MAX);
}
