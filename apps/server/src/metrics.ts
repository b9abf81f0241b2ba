// What the server counts for Prometheus. Never labelled by room, stream or recording: those are without bound.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Current numbers that are read when somebody scrapes. */
export type MetricsSnapshot = {
  readonly rooms: number;
  readonly participants: number;
  readonly streams: Readonly<Record<string, number>>;
  readonly sessions: Readonly<Record<string, number>>;
  readonly recordings: Readonly<Record<string, number>>;
  readonly mixes: number;
  /** How far the slowest film is behind its room, ms. */
  readonly mixLagMs: number;
  readonly processesUp: Readonly<Record<string, number>>;
  readonly processRestarts: Readonly<Record<string, number>>;
};

/** The server's metrics. */
export type Metrics = {
  readonly httpSeconds: Histogram<'method' | 'route' | 'status'>;
  readonly refusedCredentials: Counter;
  /** The text Prometheus scrapes. */
  scrape(): Promise<string>;
  readonly contentType: string;
};

/** Creates the metrics in a registry of their own; `snapshot` is asked at each scrape. */
export function createMetrics(snapshot: () => MetricsSnapshot): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []): Gauge<L> =>
    new Gauge({ name: `roomtape_${name}`, help, labelNames, registers });
  const rooms = gauge('rooms', 'rooms that exist');
  const participants = gauge('participants', 'participants in all rooms');
  const streams = gauge('streams', 'published streams by state', ['state']);
  const sessions = gauge('sessions', 'open media sessions by kind', ['kind']);
  const recordings = gauge('recordings', 'recordings by state', ['state']);
  const mixes = gauge('mixes', 'films that are being mixed');
  const mixLag = gauge('mix_lag_milliseconds', 'how far the slowest film is behind its room');
  const processUp = gauge('process_up', '1 while a child process is up', ['process']);
  const processRestarts = gauge('process_restarts', 'how often a child process was started again', ['process']);
  return {
    httpSeconds: new Histogram({
      name: 'roomtape_http_request_seconds',
      help: 'time to answer a request',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
    refusedCredentials: new Counter({
      name: 'roomtape_refused_credentials_total',
      help: 'requests with missing or wrong credentials',
      registers,
    }),
    contentType: registry.contentType,
    scrape() {
      const now = snapshot();
      rooms.set(now.rooms);
      participants.set(now.participants);
      setAll(streams, 'state', now.streams);
      setAll(sessions, 'kind', now.sessions);
      setAll(recordings, 'state', now.recordings);
      mixes.set(now.mixes);
      mixLag.set(now.mixLagMs);
      setAll(processUp, 'process', now.processesUp);
      setAll(processRestarts, 'process', now.processRestarts);
      return registry.metrics();
    },
  };
}

function setAll<L extends string>(metric: Gauge<L>, label: L, values: Readonly<Record<string, number>>): void {
  metric.reset();
  for (const [name, value] of Object.entries(values)) metric.set({ [label]: name } as Record<L, string>, value);
}
