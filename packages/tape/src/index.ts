export { printAccount } from './account-text.ts';
export {
  type ClockAnchor,
  type ConfigChanged,
  type FrameEntry,
  type Gap,
  type GapReason,
  LEFT_REASONS,
  type MuteChanged,
  type PauseChanged,
  type SenderEngine,
  type SequencedEntry,
  type TapeEntry,
  type TapeOpened,
  type TapeSealed,
  type TrackAdded,
  type TrackEnded,
} from './entry.ts';
export { TapeError, type TapeErrorCode } from './errors.ts';
export { nodeFilesystem, type ReadableChunk, type TapeFilesystem, type WritableChunk } from './filesystem.ts';
export { inspectTape } from './inspect.ts';
export { recoverTape, sealAbandonedTape } from './recover.ts';
export { newestChunkStart, type RecoveredTape } from './tape-end.ts';
export type { TapeLimits } from './tape-limits.ts';
export {
  openTapeReader,
  type SkippedRange,
  type TapeBatch,
  type TapeReader,
  type TapeReaderOptions,
} from './tape-reader.ts';
export {
  openTape,
  type TapeWriter,
  type TapeWriterFacts,
  type TapeWriterHandlers,
  type TapeWriterOptions,
  type WrittenTo,
} from './tape-writer.ts';
export type { AccountSpan, SpanState } from './track-account.ts';
export { type AccountedMs, type TapeAccount, type TrackAccount, verifyTape } from './verify.ts';
