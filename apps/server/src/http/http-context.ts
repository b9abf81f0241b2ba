// What the HTTP routes are given: the server's parts, and nothing they could reach around them with.

import type { Health } from '@roomtape/api';
import type { Clock, Ids, Log } from '@roomtape/media';
import type { Credentials } from '../auth/credentials.ts';
import type { Config } from '../config.ts';
import type { Metrics } from '../metrics.ts';
import type { Recordings } from '../recordings/recordings.ts';
import type { MediaSessions } from '../rooms/media-sessions.ts';
import type { Publications } from '../rooms/publications.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { Authentication } from './authentication.ts';

/** The parts of the server that HTTP shows. */
export type HttpContext = {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly credentials: Credentials;
  readonly rooms: Rooms;
  readonly publications: Publications;
  readonly sessions: MediaSessions;
  readonly recordings: Recordings;
  readonly uploads: Uploads;
  readonly metrics: Metrics;
  readonly health: () => Promise<Health>;
  readonly describe: () => Promise<Record<string, unknown>>;
  /** Directory of the built console; absent when it is not built. */
  readonly consoleDirectory: string | undefined;
};

/** What a group of routes is given. */
export type RouteContext = HttpContext & { readonly authentication: Authentication };
