// One file of a recording: facts, download, and a player that works while the file still grows.

import type { RecordingFile } from '@roomtape/api';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { formatBytes, formatCodec, formatDuration } from './format.ts';
import { Icon } from './icons.tsx';

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
            {userName ?? file.userId}
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

/**
 * Plays a file. Its address changes with each reading of the list (short-lived tokens), so the first one is kept; a
 * growing file is opened again at the same place when its known end is reached.
 */
function FilePlayer({ file }: { file: RecordingFile }): ReactNode {
  const video = useRef<HTMLVideoElement>(null);
  const latest = useRef(file);
  latest.current = file;
  const [opened, setOpened] = useState({ url: file.url, fromSeconds: 0, durationMs: file.durationMs });
  const [hasFailed, setFailed] = useState(false);
  const reopen = (fromSeconds: number): void => {
    setFailed(false);
    setOpened({ url: latest.current.url, fromSeconds, durationMs: latest.current.durationMs });
  };
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.src = opened.url;
    element.currentTime = opened.fromSeconds;
    void element.play().catch(() => undefined);
  }, [opened]);
  const end = (): void => {
    const grew = latest.current.durationMs > opened.durationMs + 500;
    if (grew) reopen(video.current?.currentTime ?? 0);
  };
  return (
    <div className="player">
      {/* biome-ignore lint/a11y/useMediaCaption: recordings have no captions */}
      <video ref={video} controls playsInline preload="auto" onEnded={end} onError={() => setFailed(true)} />
      {hasFailed ? (
        <p className="card-problem" role="status">
          <Icon name="alert" />
          <span>This browser cannot play the file now. Download it, or </span>
          <button type="button" className="quiet small" onClick={() => reopen(video.current?.currentTime ?? 0)}>
            <Icon name="refresh" />
            try again
          </button>
        </p>
      ) : null}
    </div>
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
