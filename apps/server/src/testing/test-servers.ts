// Servers of one test file, closed after each of its tests.

import { afterEach } from 'vitest';
import { startTestServer, type TestServer } from './test-server.ts';

/** How a file starts servers, and those that are open, the newest last. */
export type TestServers = {
  readonly open: TestServer[];
  start(options?: Parameters<typeof startTestServer>[0]): Promise<TestServer>;
};

/** Call once at the top of a test file. */
export function testServers(): TestServers {
  const open: TestServer[] = [];
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });
  return {
    open,
    start: async (options = {}) => {
      const server = await startTestServer(options);
      open.push(server);
      return server;
    },
  };
}
