// What a page and its worker for raw sound tell each other.

import type { SentError } from '../recording/worker-messages.ts';
import type { PcmContainerName, PcmFacts } from './pcm-file.ts';

/** From the page to the worker. Samples are transferred. */
export type PcmRequest =
  | {
      readonly kind: 'start';
      readonly filePath: string;
      readonly container: PcmContainerName;
      readonly pcm: PcmFacts;
      readonly ifExists: 'overwrite' | 'fail' | 'rename';
    }
  | { readonly kind: 'samples'; readonly samples: Int16Array; readonly silenceBefore: number }
  | { readonly kind: 'stop' };

/** From the worker to the page. */
export type PcmReport =
  | { readonly kind: 'started' }
  | { readonly kind: 'written'; readonly bytes: number; readonly durationUs: number }
  /** It cannot go on; `finished` follows if there is a file up to here. */
  | { readonly kind: 'failed'; readonly error: SentError }
  | { readonly kind: 'finished'; readonly file: File }
  /** What there is stays in the storage, unfinished. */
  | { readonly kind: 'lost'; readonly error: SentError };
