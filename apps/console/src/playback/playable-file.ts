// Files as the page can show them: pictures are told from films, and raw samples get the header that browsers need.

import { containerOf, type MediaAddress } from './attach-media.ts';
import { pcmFacts } from './pcm-notes.ts';
import { wavHeader } from './wav-header.ts';

const PICTURES: ReadonlySet<string> = new Set(['jpeg', 'webp']);

/** Tells a picture taken of a recording from a film or a sound. */
export function isPicture({ container }: { readonly container: string }): boolean {
  return PICTURES.has(container);
}

/** An address of the file; whoever asked takes it back with `URL.revokeObjectURL`. */
export function addressOf(file: File, filePath: string): MediaAddress {
  const container = containerOf(filePath);
  if (container !== 'pcm') return { url: URL.createObjectURL(file), container };
  const header = wavHeader({ ...pcmFacts(filePath), dataBytes: file.size });
  return { url: URL.createObjectURL(new Blob([header, file], { type: 'audio/wav' })), container: 'wav' };
}
