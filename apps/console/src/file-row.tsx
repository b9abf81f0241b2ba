// One file of a recording: facts, download, and a player that works while the file still grows.

import type { RecordingFile } from '@roomtape/api';
import { type ReactNode, useState } from 'react';
import { FilePlayer } from './file-player.tsx';
import { formatBytes, formatCodec, formatDuration } from './format.ts';
import { Icon } from './icons.tsx';

/** The stream id of the film of a mix. */
const FILM_STREAM_ID = 'mix';

/** Shows a file and plays it in place. */
export function FileRow({ file, userName }: { file: RecordingFile; userName: string | undefined }): ReactNode {
  const [isPlaying, setPlaying] = useState(false);
  const missing = missingWords(file.missingMs);
  const hasMedia = file.bytes > 0;
  return (
    <li className="file">
      <div className="file-line">
        <button
          type="button"
          className="round small"
          aria-expanded={isPlaying}
          aria-label={`${isPlaying ? 'Close' : 'Play'} ${file.name}`}
          disabled={!hasMedia}
          onClick={() => setPlaying(!isPlaying)}
        >
          <Icon name={isPlaying ? 'close' : 'play'} />
        </button>
        <div className="file-words">
          <span className="file-name" title={file.name}>
            {file.streamId === FILM_STREAM_ID ? 'Film' : (userName ?? file.userId)}
            {file.streamId.endsWith('-screen') ? <span className="dim"> · screen</span> : null}
          </span>
          <span className="file-facts">
            {formatDuration(file.durationMs)} · {formatBytes(file.bytes)}
          </span>
          <span className="file-facts">{formatCodecs(file)}</span>
          {missing === '' ? null : <span className="file-missing">{missing}</span>}
        </div>
        <a className="round small" href={file.url} download={file.name} aria-label={`Download ${file.name}`}>
          <Icon name="download" />
        </a>
      </div>
      {isPlaying ? <FilePlayer file={file} /> : null}
    </li>
  );
}

function formatCodecs(file: RecordingFile): string {
  const { videoCodec, audioCodec, width, height } = file;
  const size = width === undefined || height === undefined ? '' : ` ${width}×${height}`;
  const video = videoCodec === undefined ? '' : `${formatCodec(videoCodec)}${size}`;
  return [video, audioCodec === undefined ? '' : formatCodec(audioCodec)].filter(Boolean).join(' · ');
}

const REASONS: Record<string, string> = {
  gap: 'lost on the way',
  lost: 'lost on the way',
  muted: 'muted',
  paused: 'paused',
  interrupted: 'publisher away',
};

/** Less than this is not worth a line: it is no more than a few frames. */
const MISSING_SHOWN_MS = 200;

function missingWords(missingMs: RecordingFile['missingMs']): string {
  return Object.entries(missingMs)
    .filter(([, durationMs]) => durationMs >= MISSING_SHOWN_MS)
    .map(([reason, durationMs]) => `${(durationMs / 1000).toFixed(1)} s ${REASONS[reason] ?? reason}`)
    .join(' · ');
}
