// One sentence on what a channel is doing and what can be done next. Pure.

import { CHANNEL_NAMES } from './channel-names.ts';
import type { ChannelView } from './channel-view.ts';
import { filePathOf, hasPicture, type TargetKind } from './record-settings.ts';

/** A sentence and how much it matters. */
export type ChannelStatus = { readonly words: string; readonly tone: 'plain' | 'good' | 'warning' };

/** Says it. */
export function statusOf(view: ChannelView): ChannelStatus {
  const file = filePathOf(view.settings);
  if (view.warning !== undefined) return { words: view.warning, tone: 'warning' };
  if (view.state === 'recording') return plain(`Recording ${file}. If the page crashes, it can be recovered.`);
  if (view.state === 'paused') return plain(`Paused. ${file} goes on where it stopped.`);
  if (view.isBusy) return plain('One moment …');
  if (view.state === 'success') {
    const target = view.isHandedOver ? view.settings.target : 'keep';
    return { words: `${view.finishedName ?? file} is finished. ${DONE[target]}`, tone: 'good' };
  }
  if (view.mediaStream === undefined) return plain(`Choose what the ${CHANNEL_NAMES[view.channel]} channel shows.`);
  return missingKind(view) ?? plain(`Ready to record ${file}.`);
}

const DONE: Readonly<Record<TargetKind, string>> = {
  keep: 'It is in this browser, below.',
  download: 'It was downloaded, and is kept below too.',
  'file-handle': 'It was written to the file you picked, and is kept below too.',
  upload: 'It was uploaded, and is kept below too.',
};

function plain(words: string): ChannelStatus {
  return { words, tone: 'plain' };
}

/** The form may ask for what the source does not have. */
function missingKind({ mediaStream, settings }: ChannelView): ChannelStatus | undefined {
  const kinds = mediaStream?.getTracks().map(({ kind }) => kind) ?? [];
  if (hasPicture(settings) && !kinds.includes('video')) {
    return { words: 'This source has no picture: the file will hold sound only.', tone: 'warning' };
  }
  if (settings.content !== 'only-video' && !kinds.includes('audio')) {
    return { words: 'This source has no sound: the file will hold pictures only.', tone: 'warning' };
  }
  return undefined;
}
