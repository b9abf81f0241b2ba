// Pictures taken of a recording, each to look at and to download.

import type { RecordingFile } from '@roomtape/api';
import { type ReactNode, useState } from 'react';
import { formatClock } from './format.ts';
import { Icon } from './icons.tsx';

/** Shows the pictures, newest first; nothing where there is none. */
export function SnapStrip({ files }: { files: readonly RecordingFile[] }): ReactNode {
  if (files.length === 0) return null;
  return (
    <ul className="snaps" aria-label="Pictures taken">
      {files.toReversed().map((file) => (
        <Snap key={file.fileId} file={file} />
      ))}
    </ul>
  );
}

function Snap({ file }: { file: RecordingFile }): ReactNode {
  // The address changes with each reading of the list (short-lived tokens); one is enough to load the picture once.
  const [url] = useState(file.url);
  const words = `Picture of ${formatClock(file.startedAt)}`;
  return (
    <li className="snap">
      <a href={url} target="_blank" rel="noopener">
        <img src={url} alt={words} loading="lazy" />
      </a>
      <span className="snap-words">
        {formatClock(file.startedAt)}
        <a className="bare" href={file.url} download={file.name} aria-label={`Download ${file.name}`}>
          <Icon name="download" />
        </a>
      </span>
    </li>
  );
}
