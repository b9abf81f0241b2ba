// `roomtape analyse`: prints what the flash-and-beep analyser finds in a recorded file.

import { readFile } from 'node:fs/promises';
import { analyseFile, analysisText, type Expectation, parseExpectation } from '@roomtape/testkit';
import { type Command, type CommandCall, EXIT } from '../command.ts';

/** Analyses a file. */
export const command: Command = {
  name: 'analyse',
  summary: 'Prints what the flash-and-beep analyser finds in a recording of `roomtape publish`.',
  synopsis: 'FILE [--json] [--expect JSON]',
  options: {
    json: { type: 'boolean', description: 'the whole report as JSON' },
    expect: {
      type: 'string',
      placeholder: 'JSON',
      description: 'what the file should show, or @FILE with it, such as {"durationMs":15000,"offsetMsMax":20}',
    },
  },
  positionalsMax: 1,
  exitCodes: { 1: 'failed, or the file has a fault' },
  run,
};

async function run(call: CommandCall): Promise<number> {
  const path = call.positionals[0];
  const expectation = await readExpectation(call.values.expect);
  const problems = [
    ...(path === undefined ? ['FILE is missing'] : []),
    ...('problem' in expectation ? [`--expect: ${expectation.problem}`] : []),
  ];
  if (path === undefined || 'problem' in expectation) {
    call.stderr(`${problems.join('\n')}\nSee \`roomtape analyse --help\`.\n`);
    return EXIT.usage;
  }
  const analysis = analyseFile(path, expectation);
  call.stdout(call.values.json === true ? `${JSON.stringify(analysis, null, 2)}\n` : analysisText(analysis));
  return analysis.isGood ? EXIT.done : EXIT.failed;
}

async function readExpectation(
  value: string | boolean | undefined,
): Promise<Partial<Expectation> | { readonly problem: string }> {
  if (typeof value !== 'string') return {};
  if (!value.startsWith('@')) return parseExpectation(value);
  try {
    return parseExpectation(await readFile(value.slice(1), 'utf8'));
  } catch (error) {
    return { problem: `cannot read ${value.slice(1)}: ${String(error)}` };
  }
}
