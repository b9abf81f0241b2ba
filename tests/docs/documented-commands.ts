// Every command the documents show, and the test that runs it. A tidy test fails on any other.

/** One documented command, exactly as written, and where it is run. */
export type DocumentedCommand = { readonly command: string; readonly runBy: string };

const CI = 'a clean checkout in .ci/run';
const HERE = 'tests/docs/commands.test.ts';

/** Commands for a running server; capital words stand for what the reader has. */
export const SERVER_COMMANDS: readonly string[] = [
  'npx roomtape publish --room demo --stream ann --user ann --duration 15s',
  'npx roomtape play --room demo --stream ann --duration 5s',
  'npx roomtape record --room demo --duration 8s',
  'npx roomtape inspect TAPE',
  'npx roomtape verify RECORDING',
  'npx roomtape analyse FILE',
  'npx roomtape render TAPE OUT.mp4',
  'npx roomtape render RECORDING --layout LAYOUT.json --out FILM.mp4',
];

/** Requests with curl, as the README shows them. */
export const CURL_COMMANDS: readonly string[] = [
  'curl -s -X POST http://127.0.0.1:8080/v1/recordings -H "Authorization: Bearer $(cat data/api-key)" -H "Content-Type: application/json" -d \'{"roomId":"demo","mode":"single"}\'',
  'curl -s -X POST http://127.0.0.1:8080/v1/recordings -H "Authorization: Bearer $(cat data/api-key)" -H "Content-Type: application/json" -d \'{"roomId":"demo","mode":"mix","layout":{"mode":"gallery"}}\'',
  'curl -s http://127.0.0.1:8080/v1/recordings -H "Authorization: Bearer $(cat data/api-key)"',
];

/** All commands of README, ARCHITECTURE and docs. */
export const DOCUMENTED_COMMANDS: readonly DocumentedCommand[] = [
  { command: 'npm ci && npm start', runBy: `${CI} (npm ci), ${HERE} (npm start)` },
  { command: 'npm ci && npm test', runBy: CI },
  { command: 'npm run demo', runBy: HERE },
  ...[...SERVER_COMMANDS, ...CURL_COMMANDS].map((command) => ({ command, runBy: HERE })),
];
