// A load generator as the benchmark sees it: a process of its own, so that its CPU time is not the server's.

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { LoopSpec } from './encoded-loop.ts';
import type { GeneratorAnswer, GeneratorCounts, GeneratorOrder } from './generator-messages.ts';

/** A running generator; `close` it. */
export class LoadGenerator {
  readonly #child: ChildProcess;
  #queue: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#queue = nextAnswer(child);
  }

  /** Starts a generator and has it prepare its loop. */
  static async start(loop: LoopSpec): Promise<LoadGenerator> {
    const child = fork(join(import.meta.dirname, 'generator-main.ts'), { stdio: 'inherit' });
    const generator = new LoadGenerator(child);
    await generator.tell({ kind: 'prepare', loop });
    return generator;
  }

  /** Process id, for its CPU time. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Gives an order and waits until it is carried out; rejects with why it was not. */
  tell(order: GeneratorOrder): Promise<GeneratorCounts> {
    const done = this.#queue.then(() => {
      const answer = nextAnswer(this.#child);
      this.#child.send(order);
      return answer;
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }
}

function nextAnswer(child: ChildProcess): Promise<GeneratorCounts> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('the load generator ended'));
    child.once('exit', onExit);
    child.once('message', (message: GeneratorAnswer) => {
      child.off('exit', onExit);
      if ('counts' in message) resolve(message.counts);
      else reject(new Error(message.error));
    });
  });
}
