// The programme monitor: the film as it is made, live; before that what it will look like; afterwards the film itself.

import type { Recording, RecordingFile } from '@roomtape/api';
import { type ReactNode, useMemo, useState } from 'react';
import { FilePlayer } from '../file-player.tsx';
import { formatTime } from '../format.ts';
import { Icon } from '../icons.tsx';
import { isPicture } from '../playback/playable-file.ts';
import { useStore } from '../store.ts';
import { VideoView } from '../video-view.tsx';
import { CellEditor } from './cell-editor.tsx';
import { behindWords, type DeskPhase } from './desk-view.ts';
import { LAYOUTS, previewOf, previewOfCells } from './layout-preview.ts';
import type { MixSession, MixView } from './mix-session.ts';
import { watermarkOf, withBig } from './mix-wish.ts';
import { TileMap } from './tile-map.tsx';

type MonitorProps = { session: MixSession; view: MixView; focus: Recording | undefined; phase: DeskPhase };

/** The large picture of the desk. */
export function Monitor({ session, view, focus, phase }: MonitorProps): ReactNode {
  const programme = useStore(session.programme.store);
  const [isHeard, setHeard] = useState(false);
  const { width, height, background } = view.desk.settings.canvas;
  const { mediaStream } = programme;
  const [pictured, setPictured] = useState<MediaStream>();
  const isPlaying = phase === 'live' && mediaStream !== undefined;
  // A stream is there a moment before its first picture: until then the drawing says more than a black one.
  const isLive = isPlaying && pictured === mediaStream;
  const film = phase === 'over' ? filmOf(focus) : undefined;
  const shown = view.shows === 'film' ? film : undefined;
  return (
    <section className="monitor" aria-label="Programme">
      <header className="monitor-bar">
        <MonitorBadges badge={badgeOf({ focus, phase, isLive, isFilm: shown !== undefined })} />
        {isLive ? <ListenButton isHeard={isHeard} onChange={setHeard} /> : null}
        {film === undefined ? null : <MonitorTabs shows={view.shows} onShow={(shows) => session.show(shows)} />}
      </header>
      <div
        className="monitor-picture"
        style={{ '--width': width, '--height': height, background: background?.color ?? '#000' } as React.CSSProperties}
      >
        {isPlaying ? (
          <VideoView
            mediaStream={mediaStream}
            isMuted={!isHeard}
            isMirrored={false}
            isFitted
            onPicture={() => setPictured(mediaStream)}
          />
        ) : null}
        {shown === undefined ? (
          <Stage session={session} view={view} isLive={isLive} />
        ) : (
          <FilePlayer key={shown.fileId} file={shown} isPaused />
        )}
      </div>
    </section>
  );
}

/** The film among the files: the first that has pictures, else its sound. */
function filmOf(focus: Recording | undefined): RecordingFile | undefined {
  const files = focus?.mode === 'mix' ? focus.files.filter((file) => !isPicture(file)) : [];
  return files.find((file) => file.videoCodec !== undefined) ?? files[0];
}

function ListenButton({ isHeard, onChange }: { isHeard: boolean; onChange: (isHeard: boolean) => void }): ReactNode {
  return (
    <button type="button" className="chip" aria-pressed={isHeard} onClick={() => onChange(!isHeard)}>
      <Icon name={isHeard ? 'speaker' : 'silent'} />
      Listen
    </button>
  );
}

type MonitorTabsProps = { shows: MixView['shows']; onShow: (shows: MixView['shows']) => void };

function MonitorTabs({ shows, onShow }: MonitorTabsProps): ReactNode {
  return (
    <>
      <button type="button" className="chip" aria-pressed={shows === 'film'} onClick={() => onShow('film')}>
        The film
      </button>
      <button type="button" className="chip" aria-pressed={shows === 'plan'} onClick={() => onShow('plan')}>
        The next one
      </button>
    </>
  );
}

type StageProps = Pick<MonitorProps, 'session' | 'view'> & { isLive: boolean };

/** What the layout does: drawn, or as areas over the live picture. */
function Stage({ session, view, isLive }: StageProps): ReactNode {
  const { desk, inputs } = view;
  const { settings } = desk;
  const { layout, overlays, canvas } = settings;
  const tiles = useMemo(
    () => (layout.mode === 'custom' ? previewOfCells(settings, inputs) : previewOf(settings, inputs)),
    [settings, inputs, layout.mode],
  );
  const pick = (streamId: string): void =>
    session.edit(withBig(streamId === layout.bigStreamId ? undefined : streamId));
  return (
    <>
      {layout.mode === 'custom' ? (
        <CellEditor
          cells={layout.cells ?? []}
          tiles={tiles}
          canvas={canvas}
          isOverPicture={isLive}
          onChange={(cells) => session.edit((now) => ({ ...now, layout: { ...now.layout, cells } }))}
        />
      ) : (
        <TileMap
          tiles={tiles}
          isOverPicture={isLive}
          hasLabels={overlays.labels !== undefined}
          bigStreamId={layout.bigStreamId}
          onPick={LAYOUTS[layout.mode].hasBig && !view.areStandIns ? pick : undefined}
        />
      )}
      {isLive ? null : <StillTexts watermark={watermarkOf(settings)} hasTime={overlays.timestamp !== undefined} />}
    </>
  );
}

function StillTexts({ watermark, hasTime }: { watermark: string; hasTime: boolean }): ReactNode {
  return (
    <>
      {watermark === '' ? null : <span className="still-text left">{watermark}</span>}
      {hasTime ? <span className="still-text right">2026-01-01 12:00:00</span> : null}
    </>
  );
}

type Badge = { readonly tone: string; readonly words: string; readonly more: string };

function MonitorBadges({ badge }: { badge: Badge }): ReactNode {
  return (
    <p className="monitor-badges" role="status">
      <span className={`badge ${badge.tone}`}>{badge.words}</span>
      <span>{badge.more}</span>
    </p>
  );
}

type Moment = Pick<MonitorProps, 'focus' | 'phase'> & { isLive: boolean; isFilm: boolean };

function badgeOf({ focus, phase, isLive, isFilm }: Moment): Badge {
  if (phase === 'finishing') return { tone: 'wait', words: 'FINISHING', more: 'the file is being completed' };
  if (phase === 'live' && focus?.state === 'paused')
    return { tone: 'wait', words: 'PAUSED', more: 'nothing is recorded' };
  if (isLive) return { tone: 'rec', words: 'LIVE', more: behindWords(focus?.film?.lagMs ?? 0) };
  if (phase === 'live') return { tone: 'rec', words: 'REC', more: 'the live picture is coming …' };
  if (isFilm) return { tone: 'good', words: 'FILM', more: formatTime(focus?.createdAt ?? '') };
  return { tone: 'plain', words: 'PREVIEW', more: 'what the film will look like' };
}
