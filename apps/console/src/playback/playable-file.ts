// A stored file as the player can take it: raw samples get the header that their browser needs.

import { containerOf, type MediaAddress } from './attach-media.ts';
import { pcmFacts } from './pcm-notes.ts';
import { wavHeader } from './wav-header.ts';

/** An address of the file; whoever asked takes it back with `URL.revokeObjectURL`. */
export function addressOf(file: File, filePath: string): MediaAddress {
  const container = containerOf(filePath);
  if (container !== 'pcm') return { url: URL.createObjectURL(file), container };
  const header = wavHeader({ ...pcmFacts(filePath), dataBytes: file.size });
  return { url: URL.createObjectURL(new Blob([header, file], { type: 'audio/wav' })), container: 'wav' };
}
