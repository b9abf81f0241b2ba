// Tells which tests passed only when they were tried again: such a test is counted as passed, and looked at.

import type { Reporter, TestCase } from 'vitest/node';

/** A reporter that prints one line for each such test at the end. */
export default class SecondTries implements Reporter {
  readonly #names: string[] = [];

  onTestCaseResult(test: TestCase): void {
    const tries = test.diagnostic()?.retryCount ?? 0;
    if (tries === 0 || !test.ok()) return;
    const [why = ''] = test.result().errors?.[0]?.message.split('\n') ?? [];
    this.#names.push(`${test.module.relativeModuleId} › ${test.fullName}: ${why}`);
  }

  onTestRunEnd(): void {
    for (const name of this.#names) console.log(`passed at the second try: ${name}`);
  }
}
