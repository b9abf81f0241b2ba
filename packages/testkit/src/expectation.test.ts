import { describe, expect, it } from 'vitest';
import { parseExpectation } from './expectation.ts';

describe('expectation', () => {
  it('reads what it knows', () => {
    const text = '{"video":"required","durationMs":15000,"spans":[{"fromS":3,"toS":5,"beep":"forbidden"}]}';

    expect(parseExpectation(text)).toEqual(JSON.parse(text));
  });

  it('names what is wrong instead of ignoring it', () => {
    const rows = [
      ['{"offsetMax":1}', /unknown key offsetMax; known are .*offsetMsMax/],
      ['{"offsetMsMax":"20"}', /offsetMsMax is a number/],
      ['{"audio":"maybe"}', /audio is one of required, optional, forbidden/],
      ['{"spans":[{"fromS":1}]}', /spans is a list/],
      ['[]', /not a JSON object/],
      ['{', /not JSON/],
    ] as const;
    for (const [text, problem] of rows)
      expect(parseExpectation(text)).toMatchObject({ problem: expect.stringMatching(problem) });
  });
});
