// One recording: its state, its problems and its files.

import type { Recording } from '@roomtape/api';
import type { ReactNode } from 'react';
import { FileRow } from './file-row.tsx';
import { formatBytes, formatDuration, formatTime } from './format.ts';
import { isPicture } from './playback/playable-file.ts';
import { RecordingProblems } from './recording-problems.tsx';
import { SnapStrip } from './snap-strip.tsx';

const STATE_WORDS: Readonly<Record<Recording['state'], string>> = {
  starting: 'Starting',
  recording: 'Recording',
  paused: 'Paused',
  finishing: 'Finishing',
  finished: 'Finished',
  failed: 'Failed',
};

type RecordingCardProps = {
  recording: Recording;
  isOpen: boolean;
  title?: string;
  /** Names of users that are known here, by id. */
  names?: ReadonlyMap<string, string>;
  /** What more can be done with it, below its files. */
  children?: ReactNode;
};

/** Shows a recording; folded unless `isOpen`. */
export function RecordingCard({ recording, isOpen, title, names, children }: RecordingCardProps): ReactNode {
  const { state, problems } = recording;
  const pictures = recording.files.filter(isPicture);
  const files = recording.files.filter((file) => !isPicture(file));
  const durationMs = Math.max(0, ...files.map((file) => file.durationMs));
  const bytes = recording.files.reduce((total, file) => total + file.bytes, 0);
  const facts = [
    formatDuration(durationMs),
    formatBytes(bytes),
    files.length === 1 ? '1 file' : `${files.length} files`,
  ];
  return (
    <details className="card" open={isOpen}>
      <summary>
        <span className="card-title">{title ?? formatTime(recording.createdAt)}</span>
        <span className={`state ${state}`}>{isBeingMade(recording) ? 'Rendering' : STATE_WORDS[state]}</span>
        <span className="card-facts">{facts.join(' · ')}</span>
      </summary>
      <RecordingProblems problems={problems} />
      {files.length === 0 ? <p className="empty">{emptyWords(recording)}</p> : null}
      <ul className="files">
        {files.map((file) => (
          <FileRow key={file.fileId} file={file} userName={names?.get(file.userId)} />
        ))}
      </ul>
      <SnapStrip files={pictures} />
      {children}
    </details>
  );
}

/** A film made again takes nothing in: it is finishing from its first moment on. */
function isBeingMade({ state, renderedFrom }: Recording): boolean {
  return renderedFrom !== undefined && state === 'finishing';
}

function emptyWords(recording: Recording): string {
  const { state } = recording;
  if (isBeingMade(recording)) return 'The film is being made.';
  if (state === 'finished') return 'Nobody sent anything while this was recording.';
  if (state === 'failed') return 'There is no file.';
  return 'Waiting for the first picture or sound …';
}
