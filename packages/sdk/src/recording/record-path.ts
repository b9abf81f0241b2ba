// Checks what a local recording is asked for, before anything is opened. Pure: what this browser can encode is found
// out elsewhere (`encoder-probe.ts`), whether a file of that name exists too.

import type { ContainerName } from '../containers/container-writer.ts';
import { clientError } from '../errors.ts';
import type { DataRecordConfig, DataRecordType } from './record-config.ts';

/** Which kinds of media go into the file, if the channel has them. */
export type RecordKinds = { readonly video: boolean; readonly audio: boolean };

const PATH_BYTES_MAX = 1023;
const SUFFIXES: Readonly<Record<string, ContainerName>> = { mp4: 'mp4', flv: 'flv', aac: 'aac' };

const CHOICES = {
  recordType: ['default', 'only-audio', 'only-video', 'audio-and-video'],
  ifExists: ['overwrite', 'fail', 'rename'],
  videoCodec: ['h264', 'h265'],
  ifH265Missing: ['fail', 'h264'],
} as const;
const TARGETS = ['keep', 'download', 'file-handle', 'upload'];

/** Least and most of every number of a configuration. */
const RANGES = {
  progressIntervalMs: [100, 10_000],
  width: [16, 8192],
  height: [16, 8192],
  framesPerSecond: [1, 60],
  videoBitrateBps: [10_000, 200_000_000],
  audioBitrateBps: [8_000, 512_000],
  keyframeIntervalMs: [100, 10_000],
} as const;

/**
 * Checks a whole configuration and tells its container. Throws `RECORD_PATH_…`, `RECORD_SUFFIX_NOT_SUPPORTED`,
 * `RECORD_CODEC_NOT_ALLOWED` (H.265 in `.aac`) or `INVALID_ARGUMENT` with the argument in `details`.
 */
export function checkRecordConfig(config: DataRecordConfig): ContainerName {
  if (typeof config !== 'object' || config === null) throw invalid('config', config);
  const container = containerOfPath(config.filePath);
  for (const [name, choices] of Object.entries(CHOICES)) checkChoice(config, name, choices);
  for (const [name, range] of Object.entries(RANGES)) checkRange(config, name, range);
  checkTarget(config.target);
  if (container === 'aac') {
    if (config.recordType === 'only-video') throw invalid('recordType', config.recordType);
    if (config.videoCodec === 'h265') throw clientError('RECORD_CODEC_NOT_ALLOWED');
  }
  return container;
}

/** The container of a path. Throws what is wrong with the path: too long, names no file, or another suffix. */
export function containerOfPath(filePath: unknown): ContainerName {
  if (typeof filePath !== 'string') throw clientError('RECORD_PATH_INVALID', { details: { filePath } });
  // A character takes at most three bytes per UTF-16 unit: what is far too long is not encoded to find out.
  const isTooLong = filePath.length > PATH_BYTES_MAX || new TextEncoder().encode(filePath).length > PATH_BYTES_MAX;
  if (isTooLong) throw clientError('RECORD_PATH_TOO_LONG');
  const parts = filePath.split('/');
  const name = parts.at(-1) ?? '';
  const dot = name.lastIndexOf('.');
  if (parts.some(isNoName) || !filePath.isWellFormed() || dot === 0) {
    throw clientError('RECORD_PATH_INVALID', { details: { filePath } });
  }
  const container = dot < 0 ? undefined : ownValue(SUFFIXES, name.slice(dot + 1).toLowerCase());
  if (container === undefined) throw clientError('RECORD_SUFFIX_NOT_SUPPORTED', { details: { filePath } });
  return container;
}

/** What is asked for by type and container, whatever the channel has. */
export function wantedKinds(type: DataRecordType | undefined, container: ContainerName): RecordKinds {
  if (container === 'aac') return { video: false, audio: true };
  return { video: type !== 'only-audio', audio: type !== 'only-video' };
}

/**
 * What will be in the file, by what is asked for and what the channel has at the start. `audio-and-video` keeps both
 * as soon as there is one: the other is black or silent until it comes. Throws `RECORD_NOTHING_TO_RECORD`.
 */
export function kindsToRecord(config: DataRecordConfig, container: ContainerName, has: RecordKinds): RecordKinds {
  const wanted = wantedKinds(config.recordType, container);
  const found = { video: wanted.video && has.video, audio: wanted.audio && has.audio };
  if (!found.video && !found.audio) throw clientError('RECORD_NOTHING_TO_RECORD', { details: { ...wanted } });
  return config.recordType === 'audio-and-video' ? wanted : found;
}

function isNoName(part: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return part === '' || part === '.' || part === '..' || /[\u0000-\u001f\u007f\\]/.test(part);
}

function checkChoice(config: object, name: string, choices: readonly string[]): void {
  const value = (config as Readonly<Record<string, unknown>>)[name];
  if (value === undefined || choices.includes(value as string)) return;
  throw invalid(name, value, { choices });
}

function checkRange(config: object, name: string, [least, most]: readonly [number, number]): void {
  const value = (config as Readonly<Record<string, unknown>>)[name];
  if (value === undefined) return;
  if (typeof value === 'number' && value >= least && value <= most) return;
  throw invalid(name, value, { least, most });
}

function checkTarget(target: DataRecordConfig['target']): void {
  if (target === undefined) return;
  const kind: unknown = typeof target === 'object' && target !== null ? target.kind : undefined;
  if (!TARGETS.includes(kind as string)) throw invalid('target.kind', kind, { choices: TARGETS });
  if (target.kind === 'file-handle' && typeof target.handle?.createWritable !== 'function') {
    throw invalid('target.handle', target.handle);
  }
}

function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function invalid(argument: string, value: unknown, may: Readonly<Record<string, unknown>> = {}) {
  return clientError('INVALID_ARGUMENT', {
    message: `${argument} is not valid`,
    details: { argument, value: shown(value), ...may },
  });
}

/** Errors cross threads and logs: only plain values go with them. */
function shown(value: unknown): unknown {
  return typeof value === 'object' || typeof value === 'function' ? typeof value : String(value);
}
