// Every setting of the server, once: its environment variable, flag, default, limits and meaning. Reading,
// `--help` and docs/reference/configuration.md all come from this table.

import { availableParallelism } from 'node:os';
import { parseSetting, type Setting, settingFlag, settingVariable } from './setting.ts';

/** The table of settings. Names become `ROOMTAPE_UPPER_SNAKE` and `--kebab-case`. */
export const SETTINGS = {
  httpPort: {
    kind: 'integer',
    default: 8080,
    min: 0,
    max: 65_535,
    about: 'TCP port of the HTTP API and the page; 0 takes a free one',
  },
  httpHost: {
    kind: 'text',
    default: '127.0.0.1',
    about: 'address the HTTP API listens on; anything but loopback needs ROOMTAPE_API_KEY',
  },
  dataDir: { kind: 'text', default: './data', about: 'directory of all state: recordings, tapes, keys' },
  apiKey: {
    kind: 'text',
    default: '',
    secret: true,
    lengthMin: 16,
    about: 'key of the server API; on loopback one is made and kept in the data directory',
  },
  mediaPort: {
    kind: 'integer',
    default: 8443,
    min: 0,
    max: 65_500,
    about: 'first UDP and TCP port for media; media process i uses this plus i; 0 takes free ones',
  },
  mediaHost: { kind: 'text', default: '', about: 'address media is received on (default: ROOMTAPE_HTTP_HOST)' },
  mediaAnnounce: {
    kind: 'list',
    default: '',
    about: 'addresses told to clients instead of the bound one, separated by commas (behind NAT)',
  },
  mediaProcesses: {
    kind: 'integer',
    default: 1,
    min: 1,
    max: 64,
    about: 'processes that capture media, at most one per core is useful',
  },
  workerProcesses: { kind: 'integer', default: 1, min: 1, max: 64, about: 'processes that make files from tapes' },
  mixerProcesses: {
    kind: 'integer',
    default: 2,
    min: 1,
    max: 64,
    about: 'processes that mix rooms into films, each started when it is first needed; films made later have another',
  },
  mixAllowPrivateAddresses: {
    kind: 'choice',
    default: 'no',
    choices: ['no', 'yes'],
    about: 'let pictures for mixes be fetched from private and loopback addresses',
  },
  iceServers: {
    kind: 'list',
    default: '',
    about: 'STUN and TURN URLs given to clients in Link headers, separated by commas',
  },
  corsOrigin: { kind: 'text', default: '*', about: 'Access-Control-Allow-Origin of the API, WHIP and WHEP' },
  logLevel: {
    kind: 'choice',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    about: 'least severe log line that is written',
  },
  fragmentMs: {
    kind: 'integer',
    default: 500,
    min: 100,
    max: 10_000,
    unit: 'ms',
    about: 'fragment of a file: what a crash may hide from its reader',
  },
  tapeFlushMs: {
    kind: 'integer',
    default: 250,
    min: 10,
    max: 5_000,
    unit: 'ms',
    about: 'longest time media stays in memory before it is on the tape',
  },
  tapeSyncMs: {
    kind: 'integer',
    default: 1_000,
    min: 10,
    max: 60_000,
    unit: 'ms',
    about: 'longest time the tape may be lost to a power cut (fdatasync)',
  },
  republishWaitMs: {
    kind: 'integer',
    default: 30_000,
    min: 0,
    max: 600_000,
    unit: 'ms',
    about: 'how long a publisher that went may come back and go on in the same file',
  },
  roomsMax: { kind: 'integer', default: 10_000, min: 1, max: 1_000_000, about: 'rooms that may exist at once' },
  sessionsMax: {
    kind: 'integer',
    default: 1_000,
    min: 1,
    max: 100_000,
    about: 'publishing and playing sessions that may be open at once',
  },
  recordingsActiveMax: {
    kind: 'integer',
    default: 1_000,
    min: 1,
    max: 100_000,
    about: 'recordings that may be unfinished at once',
  },
  uploadMaxBytes: {
    kind: 'integer',
    default: 8 * 2 ** 30,
    min: 1,
    max: 2 ** 50,
    about: 'longest file that may be uploaded to /v1/files, bytes',
  },
  requestsPerMinute: {
    kind: 'integer',
    default: 6_000,
    min: 1,
    max: 10_000_000,
    about: 'HTTP requests a minute from one address',
  },
  authFailuresPerMinute: {
    kind: 'integer',
    default: 30,
    min: 1,
    max: 1_000_000,
    about: 'refused credentials a minute from one address before it has to wait',
  },
  diskFreeMinMb: {
    kind: 'integer',
    default: 256,
    min: 0,
    max: 10_000_000,
    unit: 'MB',
    about: 'free space under which the server says it cannot record',
  },
} as const satisfies Record<string, Setting>;

/** Name of a setting. */
export type SettingName = keyof typeof SETTINGS;

type ValueOf<S extends Setting> = S extends { kind: 'integer' }
  ? number
  : S extends { kind: 'list' }
    ? readonly string[]
    : S extends { kind: 'choice'; choices: readonly (infer C)[] }
      ? C
      : string;

/** The server's configuration, checked. */
export type Config = { readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]> };

/** Where settings come from. Flags win over the environment, which wins over the default. */
export type ConfigSources = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
};

/** A configuration, or everything that is wrong with it. */
export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly string[] };

const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|::1)$/;

/** Tells whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Reads the configuration and lists every problem: unknown keys, bad values, missing credentials. */
export function readConfig(sources: ConfigSources): ConfigResult {
  const problems = unknownVariables(sources.env);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of settingEntries()) {
    const flag = sources.flags[settingFlag(name)];
    const variable = settingVariable(name);
    const text = typeof flag === 'string' ? flag : sources.env[variable];
    const origin = typeof flag === 'string' ? `--${settingFlag(name)}` : variable;
    const parsed = parseSetting(setting, text);
    if (parsed.ok) values[name] = parsed.value;
    else problems.push(`${origin}: ${parsed.problem}${setting.secret === true ? '' : `, got "${text}"`}`);
  }
  const config = values as Config;
  if (problems.length === 0) problems.push(...crossChecks(config));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config: { ...config, mediaHost: config.mediaHost === '' ? config.httpHost : config.mediaHost } };
}

/** The settings with their names, in the order of the table. */
export function settingEntries(): readonly (readonly [SettingName, Setting])[] {
  return Object.entries(SETTINGS) as [SettingName, Setting][];
}

/** A warning about a configuration that works but is hardly meant; empty when there is none. */
export function configWarnings(config: Config): readonly string[] {
  const cores = availableParallelism();
  if (config.mediaProcesses <= cores) return [];
  return [`ROOMTAPE_MEDIA_PROCESSES is ${config.mediaProcesses}, more than the ${cores} cores of this machine`];
}

function unknownVariables(env: ConfigSources['env']): string[] {
  const known = new Set(settingEntries().map(([name]) => settingVariable(name)));
  return Object.keys(env)
    .filter((key) => key.startsWith('ROOMTAPE_') && !known.has(key))
    .sort()
    .map((key) => `${key}: unknown setting`);
}

function crossChecks(config: Config): string[] {
  const problems: string[] = [];
  if (!isLoopback(config.httpHost) && config.apiKey === '') {
    problems.push(`ROOMTAPE_API_KEY: required when ROOMTAPE_HTTP_HOST is not loopback, got ""`);
  }
  if (config.mediaPort !== 0 && config.mediaPort + config.mediaProcesses - 1 > 65_535) {
    problems.push('ROOMTAPE_MEDIA_PORT: no room for one port per media process below 65536');
  }
  return problems;
}
