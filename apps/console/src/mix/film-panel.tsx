// The film on the desk with its files and problems, and the films made again of it with their progress.

import type { Recording } from '@roomtape/api';
import type { ReactNode } from 'react';
import { formatTime } from '../format.ts';
import { isPicture } from '../playback/playable-file.ts';
import { RecordingCard } from '../recording-card.tsx';
import { renderShare, rendersOf } from './desk-view.ts';
import { LAYOUTS } from './layout-preview.ts';

type FilmPanelProps = { focus: Recording | undefined; recordings: readonly Recording[] };

/** Shows what there is to play; pictures taken of the film stand below its monitor. */
export function FilmPanel({ focus, recordings }: FilmPanelProps): ReactNode {
  if (focus === undefined) return null;
  const renders = rendersOf(recordings, focus.recordingId);
  return (
    <section className="side-part film-panel" aria-label="Files">
      <h2>{renders.length === 0 ? 'Files' : 'Files and films made again'}</h2>
      {renders.map((render, index) => (
        <RecordingCard
          key={render.recordingId}
          recording={render}
          isOpen={index === 0}
          title={`${layoutWords(render)} · ${formatTime(render.createdAt)}`}
        >
          <RenderProgress render={render} />
        </RecordingCard>
      ))}
      <RecordingCard
        key={focus.recordingId}
        recording={{ ...focus, files: focus.files.filter((file) => !isPicture(file)) }}
        isOpen={renders.length === 0}
        title={`${focus.mode === 'mix' ? layoutWords(focus) : 'Recorded'} · ${formatTime(focus.createdAt)}`}
      />
    </section>
  );
}

function RenderProgress({ render }: { render: Recording }): ReactNode {
  const share = renderShare(render);
  if (share === 1 || render.state === 'failed') return null;
  return (
    <div className="render-progress">
      <progress max={1} {...(share === undefined ? {} : { value: share })} aria-label="Film made so far" />
      <span>{share === undefined ? 'Beginning …' : `${Math.floor(share * 100)} %`}</span>
    </div>
  );
}

function layoutWords({ film }: Recording): string {
  return film === undefined ? 'Film' : LAYOUTS[film.layout.mode].name;
}
