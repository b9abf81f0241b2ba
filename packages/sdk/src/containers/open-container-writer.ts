// Opens the writer of a container by its name; each is loaded only when it is used.

import type { ContainerName, ContainerWriter, ContainerWriterOptions } from './container-writer.ts';

/** Opens a writer for an empty file. The file stays the caller's to close. */
export async function openContainerWriter(
  name: ContainerName,
  options: ContainerWriterOptions,
): Promise<ContainerWriter> {
  if (name === 'mp4') return new (await import('./mp4-writer.ts')).Mp4Writer(options);
  if (name === 'flv') return new (await import('./flv-writer.ts')).FlvWriter(options);
  return new (await import('./adts-writer.ts')).AdtsWriter(options);
}
