// Opens the writer of a container by its name; each is loaded only when it is used.

import { clientError } from '../errors.ts';
import type { ContainerName, ContainerWriter, ContainerWriterOptions } from './container-writer.ts';

/** Opens a writer for an empty file. The file stays the caller's to close. */
export async function openContainerWriter(
  name: ContainerName,
  options: ContainerWriterOptions,
): Promise<ContainerWriter> {
  throw clientError('NOT_SUPPORTED', { details: { name, bytes: options.file.size } });
}
