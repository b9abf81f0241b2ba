// Every command the documents show, and the test that runs it. A tidy test fails on any other.

/** One documented command, exactly as written, and where it is run. */
export type DocumentedCommand = { readonly command: string; readonly runBy: string };

/** All commands of README, ARCHITECTURE and docs. */
export const DOCUMENTED_COMMANDS: readonly DocumentedCommand[] = [
  { command: 'npm ci && npm start', runBy: '.ci/run (npm ci), tests/docs/commands.test.ts (npm start)' },
  { command: 'npm ci && npm test', runBy: '.ci/run' },
];
