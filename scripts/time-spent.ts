// Tells where the time of `npm test` went: what each project took, and which files took longest.

import type { Reporter, TestModule } from 'vitest/node';

const FILES_SHOWN = 12;

/** A reporter that prints a line for each project and one of its longest files, at the end. */
export default class TimeSpent implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const [name, ofProject] of Map.groupBy(modules, ({ project }) => project.name)) {
      const seconds = ofProject.reduce((sum, module) => sum + secondsOf(module), 0);
      const longest = ofProject.toSorted((a, b) => secondsOf(b) - secondsOf(a)).slice(0, FILES_SHOWN);
      console.log(
        `${name}: ${ofProject.length} files, ${seconds.toFixed(0)} s of tests; ${longest.map(shown).join(', ')}`,
      );
    }
  }
}

function secondsOf(module: TestModule): number {
  return module.diagnostic().duration / 1000;
}

function shown(module: TestModule): string {
  return `${module.relativeModuleId} ${secondsOf(module).toFixed(1)}`;
}
