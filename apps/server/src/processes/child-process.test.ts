import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import { createFakeChild, type FakeChild } from '../testing/fake-children.ts';
import { createFakeClock } from '../testing/fake-clock.ts';
import { ChildKeeper, forkChild, inBackground } from './child-process.ts';

function keptChild() {
  const clock = createFakeClock();
  const children: FakeChild[] = [];
  const spawn = (): FakeChild => {
    const { child } = createFakeChild({});
    children.push(child);
    return child;
  };
  const silent = { settings: {}, onEvent: () => {}, onUp: () => {}, onDown: () => {} };
  const keeper = new ChildKeeper({ name: 'mixer-0', spawn, clock, log: silentLog, ...silent });
  /** Ends the child after it lived for a while; tells how long the next one was waited for, ms. */
  const dieAfter = async (livedMs: number): Promise<number> => {
    clock.advance(livedMs);
    const before = children.length;
    children.at(-1)?.die('signal SIGKILL');
    let waitedMs = 0;
    for (; children.length === before && waitedMs < 60_000; waitedMs += 100) clock.advance(100);
    await opened(keeper);
    return waitedMs;
  };
  return { keeper, dieAfter };
}

/** The messages of opening are microtasks. */
async function opened(keeper: ChildKeeper): Promise<void> {
  for (let turn = 0; turn < 50 && !keeper.isUp; turn += 1) await Promise.resolve();
  expect(keeper.isUp).toBe(true);
}

describe('a child in the background', () => {
  it('gives way to all others with every thread it has', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'roomtape-child-'));
    const script = join(folder, 'child.mjs');
    // Reading a file starts threads; the answer is the priority of each (proc(5), field 19 of `stat`).
    writeFileSync(
      script,
      `import { readdirSync, readFileSync } from 'node:fs';
      import { readFile } from 'node:fs/promises';
      await readFile(process.argv[1]);
      await new Promise((resolve) => process.once('message', resolve));
      const nice = (task) => Number(readFileSync(\`/proc/self/task/\${task}/stat\`, 'utf8').split(') ')[1].split(' ')[16]);
      process.send(readdirSync('/proc/self/task').map(nice));
      process.disconnect();`,
    );
    const child = inBackground(forkChild(script, 'renderer-0'));
    child.send({ ipc: 'request', id: 1, method: 'tell', args: [] });
    const told = new Promise<unknown>((resolve) => child.onMessage(resolve));
    const gone = new Promise<string>((resolve) => child.onExit(resolve));
    const priorities = (await told) as number[];
    expect(priorities.length).toBeGreaterThan(1);
    expect(new Set(priorities)).toEqual(new Set([19]));
    expect(await gone).toBe('exit code 0');
    // What is gone has no priority any more, and that is no error.
    expect(inBackground(child)).toBe(child);
    rmSync(folder, { recursive: true });
  });
});

describe('a kept child process', () => {
  it('can be closed and started again', async () => {
    const { keeper, dieAfter } = keptChild();
    await keeper.start();
    await keeper.close();
    expect(keeper.isUp).toBe(false);
    await keeper.start();
    expect([keeper.isUp, keeper.restarts]).toEqual([true, 0]);
    expect(await dieAfter(1000)).toBe(200);
  });

  it('comes back at once, however often it dies, unless it dies again soon', async () => {
    const { keeper, dieAfter } = keptChild();
    await keeper.start();
    const waits: number[] = [];
    for (let i = 0; i < 5; i += 1) waits.push(await dieAfter(3000));
    expect(waits).toEqual([200, 200, 200, 200, 200]);
    expect(keeper.restarts).toBe(5);
  });

  it('is waited for longer and longer while it dies soon, and starts over once it lived', async () => {
    const { keeper, dieAfter } = keptChild();
    await keeper.start();
    const waits: number[] = [];
    for (let i = 0; i < 7; i += 1) waits.push(await dieAfter(i === 0 ? 0 : 100));
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(await dieAfter(20_000)).toBe(5000);
    expect(await dieAfter(25_000)).toBe(200);
  });

  it('comes back at once, however soon it dies, as long as it gets something done meanwhile', async () => {
    const { keeper, dieAfter } = keptChild();
    await keeper.start();
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      if (i !== 3 && i !== 4) keeper.progressed();
      waits.push(await dieAfter(100));
    }
    expect(waits).toEqual([200, 200, 200, 400, 800, 200, 200, 200]);
  });

  it('is waited for a second at most while it got something done a minute ago, then longer again', async () => {
    const { keeper, dieAfter } = keptChild();
    await keeper.start();
    keeper.progressed();
    const waits: number[] = [];
    for (let i = 0; i < 60; i += 1) waits.push(await dieAfter(100));
    expect(waits.slice(0, 5)).toEqual([200, 400, 800, 1000, 1000]);
    expect(waits.slice(-2)).toEqual([5000, 5000]);
    expect(waits.filter((ms) => ms === 1000).length).toBeGreaterThan(40);
  });
});
