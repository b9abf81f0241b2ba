// The recordings in this browser: what a crash left unfinished first, then the finished ones with a player each.

import type { StoredRecording } from '@roomtape/sdk';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { formatBytes, formatDuration, formatTime } from '../format.ts';
import { Icon } from '../icons.tsx';
import type { MediaAddress } from '../playback/attach-media.ts';
import { MediaPlayer } from '../playback/media-player.tsx';
import { addressOf } from '../playback/playable-file.ts';
import { ProblemList } from '../problem-list.tsx';
import { useStore } from '../store.ts';
import type { Library } from './library.ts';

/** Shows the storage of this browser; `title` names what is in it. */
export function LibraryPanel({ library, title }: { library: Library; title: string }): ReactNode {
  const { finished, unfinished, isLoaded, busyIds, problem } = useStore(library.store);
  return (
    <section className="side-part library" aria-label={title}>
      <h2>{title}</h2>
      <ProblemList problems={problem === undefined ? [] : [problem]} onDismiss={() => library.dismiss()} />
      {unfinished.length === 0 ? null : (
        <div className="unfinished">
          <p>
            <Icon name="alert" />
            <span>Left unfinished when a page or the browser closed. Recovering makes them whole files.</span>
          </p>
          <ul className="files">
            {unfinished.map((recording) => (
              <UnfinishedRow
                key={recording.id}
                recording={recording}
                isBusy={busyIds.has(recording.id)}
                library={library}
              />
            ))}
          </ul>
        </div>
      )}
      {finished.length === 0 ? (
        <p className="empty">
          {isLoaded ? 'Nothing yet. What you record stays here until you delete it.' : 'Looking …'}
        </p>
      ) : (
        <ul className="files">
          {finished.map((recording) => (
            <FinishedRow
              key={recording.id}
              recording={recording}
              isBusy={busyIds.has(recording.id)}
              library={library}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

type RowProps = { recording: StoredRecording; isBusy: boolean; library: Library };

function UnfinishedRow({ recording, isBusy, library }: RowProps): ReactNode {
  const { id, filePath } = recording;
  return (
    <li className="file">
      <div className="file-line">
        <FileWords recording={recording} />
        <button
          type="button"
          className="tool small"
          disabled={isBusy}
          aria-label={`Recover ${filePath}`}
          onClick={() => void library.recover(id)}
        >
          <Icon name="refresh" />
          <span>{isBusy ? 'Recovering …' : 'Recover'}</span>
        </button>
        <DeleteButton recording={recording} isBusy={isBusy} library={library} />
      </div>
    </li>
  );
}

function FinishedRow({ recording, isBusy, library }: RowProps): ReactNode {
  const { id, filePath } = recording;
  const [media, setMedia] = useState<MediaAddress>();
  const open = async (): Promise<void> => {
    const file = await library.open(id);
    if (file !== undefined) setMedia(addressOf(file, filePath));
  };
  useBlobAddress(media?.url);
  const isPlaying = media !== undefined;
  return (
    <li className="file">
      <div className="file-line">
        <button
          type="button"
          className="round small"
          aria-expanded={isPlaying}
          aria-label={`${isPlaying ? 'Close' : 'Play'} ${filePath}`}
          disabled={isBusy}
          onClick={() => (isPlaying ? setMedia(undefined) : void open())}
        >
          <Icon name={isPlaying ? 'close' : 'play'} />
        </button>
        <FileWords recording={recording} />
        <button
          type="button"
          className="round small"
          disabled={isBusy}
          aria-label={`Download ${filePath}`}
          onClick={() => void library.open(id).then((file) => file && download(file, filePath))}
        >
          <Icon name="download" />
        </button>
        <DeleteButton recording={recording} isBusy={isBusy} library={library} />
      </div>
      {media === undefined ? null : (
        <MediaPlayer media={media} isSoundOnly={isSound(media.container)} onRetry={() => void open()} />
      )}
    </li>
  );
}

function FileWords({ recording }: { recording: StoredRecording }): ReactNode {
  const { filePath, startedAt, durationMs, bytes } = recording;
  const length = durationMs === undefined ? '' : `${formatDuration(durationMs)} · `;
  return (
    <div className="file-words">
      <span className="file-name" title={filePath}>
        {filePath}
      </span>
      <span className="file-facts">
        {length}
        {formatBytes(bytes)} · {formatTime(startedAt)}
      </span>
    </div>
  );
}

/** Asks once more in its own place: what is deleted here is gone. */
function DeleteButton({ recording, isBusy, library }: RowProps): ReactNode {
  const [isAsking, setAsking] = useState(false);
  const words = isAsking ? `Really delete ${recording.filePath}` : `Delete ${recording.filePath}`;
  return (
    <button
      type="button"
      className={isAsking ? 'round small sure' : 'round small'}
      disabled={isBusy}
      aria-label={words}
      title={words}
      onClick={() => (isAsking ? void library.delete(recording.id) : setAsking(true))}
      onBlur={() => setAsking(false)}
    >
      <Icon name={isAsking ? 'check' : 'trash'} />
    </button>
  );
}

const SOUNDS: ReadonlySet<string> = new Set(['aac', 'wav']);

function isSound(container: string): boolean {
  return SOUNDS.has(container);
}

/** Takes the address of a file back when another one, or none, is shown. */
function useBlobAddress(url: string | undefined): void {
  const shown = useRef<string>(undefined);
  useEffect(() => {
    if (shown.current !== undefined && shown.current !== url) URL.revokeObjectURL(shown.current);
    shown.current = url;
  }, [url]);
  useEffect(
    () => () => {
      if (shown.current !== undefined) URL.revokeObjectURL(shown.current);
    },
    [],
  );
}

function download(file: File, filePath: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = filePath.slice(filePath.lastIndexOf('/') + 1);
  link.click();
  // The browser has taken hold of the file by the time the next task runs; later is kinder to slow ones.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
