// Runs code of a test in a page. It is text: the test's own modules are not there.

import type { Page } from 'playwright-core';

/**
 * Runs the body of an async function in a page, with `argument` and what the page was opened for in scope; resolves
 * with what it returns (plain data), rejects with what it throws: an error of the SDK keeps its code in the message.
 */
export type RunInPage = <T>(body: string, argument?: unknown) => Promise<T>;

/** Runs in this page; `scopeOf` is the text of a function that gives what is in scope by name. */
export function runInPage(page: Page, scopeOf: string): RunInPage {
  return async <T>(body: string, argument?: unknown) => {
    const given = [scopeOf, JSON.stringify(body), JSON.stringify(argument) ?? 'undefined'];
    return (await page.evaluate(`(${RUN})(${given.join()})`)) as T;
  };
}

const RUN = `async (scopeOf, body, argument) => {
  const AsyncFunction = (async () => {}).constructor;
  try {
    const scope = { ...(await scopeOf()), argument };
    return await new AsyncFunction(...Object.keys(scope), body)(...Object.values(scope));
  } catch (error) {
    throw error?.code === undefined || error instanceof DOMException ? error : new Error(error.code + ': ' + error.message);
  }
}`;
