// The real server as these tests start it: see `tests/server-process.ts`.

export { type ServerProcess, startServerProcess } from '../server-process.ts';
