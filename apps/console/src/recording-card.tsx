// One recording: its state, its problems and its files.

import type { Recording } from '@roomtape/api';
import type { ReactNode } from 'react';
import { FileRow } from './file-row.tsx';
import { formatBytes, formatDuration, formatTime } from './format.ts';
import { Icon } from './icons.tsx';

const STATE_WORDS: Record<Recording['state'], string> = {
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
};

/** Shows a recording; folded unless `isOpen`. */
export function RecordingCard({ recording, isOpen, title, names }: RecordingCardProps): ReactNode {
  const { files, state, problems } = recording;
  const durationMs = Math.max(0, ...files.map((file) => file.durationMs));
  const bytes = files.reduce((total, file) => total + file.bytes, 0);
  const facts = [
    formatDuration(durationMs),
    formatBytes(bytes),
    files.length === 1 ? '1 file' : `${files.length} files`,
  ];
  return (
    <details className="card" open={isOpen}>
      <summary>
        <span className="card-title">{title ?? formatTime(recording.createdAt)}</span>
        <span className={`state ${state}`}>{STATE_WORDS[state]}</span>
        <span className="card-facts">{facts.join(' · ')}</span>
      </summary>
      {problems.map((problem) => (
        <p
          className={problem.resolvedAt === undefined ? 'card-problem' : 'card-problem over'}
          key={`${problem.code}-${problem.at}-${problem.streamId ?? ''}`}
        >
          <Icon name="alert" />
          <span>
            {problem.message}
            {problem.streamId === undefined ? '' : ` (${problem.streamId})`}
            {problem.resolvedAt === undefined ? '' : ': over since'}
          </span>
        </p>
      ))}
      {files.length === 0 ? <p className="empty">{emptyWords(recording)}</p> : null}
      <ul className="files">
        {files.map((file) => (
          <FileRow key={file.fileId} file={file} userName={names?.get(file.userId)} />
        ))}
      </ul>
    </details>
  );
}

function emptyWords({ state }: Recording): string {
  if (state === 'finished') return 'Nobody sent anything while this was recording.';
  if (state === 'failed') return 'There is no file.';
  return 'Waiting for the first picture or sound …';
}
