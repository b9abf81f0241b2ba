// The words of the recorder page for channels, sources, formats and targets.

import type { DataRecordType, PublishChannel } from '@roomtape/sdk';
import type { ChannelSource } from './channel-view.ts';
import type { IF_EXISTS, RecordSize, TargetKind } from './record-settings.ts';

/** Channels as their tabs call them. */
export const CHANNEL_NAMES: Readonly<Record<PublishChannel, string>> = {
  main: 'Main',
  aux: 'Aux',
  third: 'Third',
  fourth: 'Fourth',
};

/** Sources as their choice calls them. */
export const SOURCE_NAMES: Readonly<Record<ChannelSource, string>> = {
  off: 'Off',
  camera: 'Camera',
  screen: 'Screen',
  test: 'Test picture',
  'flash-beep': 'Flash and beep',
};

/** What a file may hold. */
export const CONTENT_NAMES: Readonly<Record<Exclude<DataRecordType, 'default'>, string>> = {
  'audio-and-video': 'Picture and sound',
  'only-video': 'Picture only',
  'only-audio': 'Sound only',
};

/** Canvases. */
export const SIZE_NAMES: Readonly<Record<RecordSize, string>> = {
  source: 'As the source',
  '640x360': '640 × 360',
  '1280x720': '1280 × 720',
  '1920x1080': '1920 × 1080',
  '720x1280': '720 × 1280, upright',
};

/** What happens to an older file of the same name. */
export const IF_EXISTS_NAMES: Readonly<Record<(typeof IF_EXISTS)[number], string>> = {
  rename: 'Keep both',
  overwrite: 'Replace it',
  fail: 'Refuse to start',
};

/** Where a finished recording goes. */
export const TARGET_NAMES: Readonly<Record<TargetKind, string>> = {
  keep: 'Keep in this browser',
  download: 'Download it',
  'file-handle': 'Write to a file I pick',
  upload: 'Upload to the server',
};
