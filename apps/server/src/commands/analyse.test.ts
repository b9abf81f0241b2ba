import { describe, expect, it } from 'vitest';
import { command } from './analyse.ts';

async function run(positionals: readonly string[], values: Record<string, string | boolean> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const exitCode = await command.run({
    positionals,
    values,
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    env: {},
    isTerminal: false,
    signal: new AbortController().signal,
  });
  return { exitCode, out: out.join(''), err: err.join('') };
}

describe('analyse command', () => {
  it('asks for the file and for an expectation it understands', async () => {
    expect(await run([])).toMatchObject({ exitCode: 2, err: expect.stringContaining('FILE is missing') });
    expect(await run(['x.mp4'], { expect: '{"offset":1}' })).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('unknown key offset'),
    });
    expect(await run(['x.mp4'], { expect: '@/nowhere.json' })).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('cannot read /nowhere.json'),
    });
  });

  it('says which file cannot be opened', async () => {
    await expect(run(['/nowhere/x.mp4'])).rejects.toThrow(/\/nowhere\/x\.mp4/);
  });
});
