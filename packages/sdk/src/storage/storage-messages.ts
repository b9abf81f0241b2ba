// What a page and its storage worker say to each other. Every request is answered once, by its number, except writes:
// their failures are told as they happen.

import type { NewRecording } from './stored-recording.ts';

/** From the page. */
export type StorageRequest =
  | { readonly kind: 'recover'; readonly requestId: number; readonly id: string }
  | { readonly kind: 'create'; readonly requestId: number; readonly recording: NewRecording }
  | { readonly kind: 'write'; readonly id: string; readonly bytes: Uint8Array; readonly at: number }
  | { readonly kind: 'finish'; readonly requestId: number; readonly id: string; readonly durationUs: number }
  | { readonly kind: 'keep' | 'discard'; readonly requestId: number; readonly id: string };

/** An error that crosses threads. */
export type SentStorageError = { readonly code: string; readonly message: string };

/** From the worker. */
export type StorageAnswer =
  | { readonly kind: 'done'; readonly requestId: number; readonly file?: File; readonly created?: CreatedFacts }
  | { readonly kind: 'failed'; readonly requestId: number; readonly error: SentStorageError }
  | { readonly kind: 'write-failed'; readonly id: string; readonly error: SentStorageError };

/** What the page needs to know of a new recording. */
export type CreatedFacts = { readonly id: string; readonly filePath: string };
