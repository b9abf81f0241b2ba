// Plays a file of a recording, also while it still grows.

import type { RecordingFile } from '@roomtape/api';
import { type ReactNode, useRef, useState } from 'react';
import type { MediaAddress } from './playback/attach-media.ts';
import { MediaPlayer } from './playback/media-player.tsx';

/** A file as it was when its player opened it. */
type Opened = { readonly media: MediaAddress; readonly fromSeconds: number; readonly durationMs: number };

/**
 * Plays a file. Its address changes with each reading of the list (short-lived tokens), so the first one is kept; a
 * growing file is opened again at the same place when its known end is reached.
 */
export function FilePlayer({ file, isPaused = false }: { file: RecordingFile; isPaused?: boolean }): ReactNode {
  const latest = useRef(file);
  latest.current = file;
  const [opened, setOpened] = useState(() => openedOf(file, 0));
  const reopen = (fromSeconds: number): void => setOpened(openedOf(latest.current, fromSeconds));
  const end = (atSeconds: number): void => {
    if (latest.current.durationMs > opened.durationMs + 500) reopen(atSeconds);
  };
  return (
    <MediaPlayer
      media={opened.media}
      fromSeconds={opened.fromSeconds}
      isPaused={isPaused}
      onEnded={end}
      onRetry={reopen}
      isSoundOnly={file.videoCodec === undefined}
    />
  );
}

function openedOf(file: RecordingFile, fromSeconds: number): Opened {
  const { url, container, durationMs } = file;
  return { media: { url, container }, fromSeconds, durationMs };
}
