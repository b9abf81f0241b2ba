// What the form of the recorder page asks for, and how that becomes the SDK's words. Pure.

import type { DataRecordConfig, DataRecordType, PublishChannel, RecordTarget } from '@roomtape/sdk';

/** Containers of the form, each with the suffix it is named by. */
export const FORMATS = ['mp4', 'flv', 'aac'] as const;
/** One of the containers. */
export type RecordFormat = (typeof FORMATS)[number];

/** Canvases of the form; `source`: as the first picture. */
export const SIZES = ['source', '640x360', '1280x720', '1920x1080', '720x1280'] as const;
/** One of the canvases. */
export type RecordSize = (typeof SIZES)[number];

/** Frame rates of the form. */
export const FRAME_RATES = [15, 24, 30, 60] as const;

/** Where a finished recording goes. */
export const TARGETS = ['keep', 'download', 'file-handle', 'upload'] as const satisfies readonly RecordTarget['kind'][];
/** One of the targets. */
export type TargetKind = (typeof TARGETS)[number];

/** What to do when the browser holds a recording of that name. */
export const IF_EXISTS = ['rename', 'overwrite', 'fail'] as const;

/** Everything the form holds for one channel. */
export type RecordSettings = {
  /** File name without its suffix; folders with `/`. */
  readonly name: string;
  readonly format: RecordFormat;
  readonly content: DataRecordType;
  readonly size: RecordSize;
  readonly framesPerSecond: number;
  readonly videoCodec: 'h264' | 'h265';
  readonly ifExists: (typeof IF_EXISTS)[number];
  readonly target: TargetKind;
};

/** The page draws the time between two of them itself; sizes and rates need no more. */
const PROGRESS_INTERVAL_MS = 500;

/** The form as it opens. A second recording of the same name is no reason to lose the first. */
export function defaultSettings(channel: PublishChannel): RecordSettings {
  return {
    name: `${channel}-recording`,
    format: 'mp4',
    content: 'audio-and-video',
    size: 'source',
    framesPerSecond: 30,
    videoCodec: 'h264',
    ifExists: 'rename',
    target: 'keep',
  };
}

/** Changes the form; what no longer fits together is put right at once, so that the form never shows a contradiction. */
export function changeSettings(settings: RecordSettings, change: Partial<RecordSettings>): RecordSettings {
  const next = { ...settings, ...change };
  const hasPicture = next.format !== 'aac';
  if (!hasPicture) return { ...next, content: 'only-audio' };
  const cameFromSound = settings.format === 'aac' && change.content === undefined;
  return cameFromSound ? { ...next, content: 'audio-and-video' } : next;
}

/** Whether the file will have a picture. */
export function hasPicture(settings: RecordSettings): boolean {
  return settings.format !== 'aac' && settings.content !== 'only-audio';
}

/** The name with its suffix, as the file will be called. */
export function filePathOf(settings: RecordSettings): string {
  return `${settings.name.trim()}.${settings.format}`;
}

/** The form in the SDK's words; `target` is made by the caller, because picking a file is a dialogue. */
export function recordConfigOf(settings: RecordSettings, target: RecordTarget): DataRecordConfig {
  const { content, ifExists, framesPerSecond, videoCodec } = settings;
  const base = { filePath: filePathOf(settings), recordType: content, ifExists, target };
  const config = { ...base, progressIntervalMs: PROGRESS_INTERVAL_MS };
  if (!hasPicture(settings)) return config;
  return { ...config, framesPerSecond, videoCodec, ...sizeOf(settings.size) };
}

function sizeOf(size: RecordSize): { width?: number; height?: number } {
  if (size === 'source') return {};
  const [width = 0, height = 0] = size.split('x').map(Number);
  return { width, height };
}
