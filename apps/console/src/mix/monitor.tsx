// The programme monitor: the film as it is made, live; before that what it will look like; afterwards the film itself.

import type { Recording } from '@roomtape/api';
import { type ReactNode, useMemo, useState } from 'react';
import { FilePlayer } from '../file-player.tsx';
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
  const { width, height } = view.desk.settings.canvas;
  const isLive = phase === 'live' && programme.mediaStream !== undefined;
  const film = phase === 'over' ? focus?.files.find((file) => !isPicture(file) && file.streamId === 'mix') : undefined;
  const shape = { '--width': width, '--height': height } as React.CSSProperties;
  return (
    <section className="monitor" aria-label="Programme" style={shape}>
      <div className="monitor-picture" style={{ background: view.desk.settings.canvas.background?.color ?? '#000' }}>
        {isLive ? (
          <VideoView mediaStream={programme.mediaStream} isMuted={!isHeard} isMirrored={false} isFitted />
        ) : null}
        {film === undefined ? <Stage session={session} view={view} isLive={isLive} /> : null}
        {film === undefined ? null : <FilePlayer key={film.fileId} file={film} isPaused />}
      </div>
      <MonitorBadges focus={focus} phase={phase} programme={programme.state} />
      {isLive ? (
        <button
          type="button"
          className="round small monitor-sound"
          aria-pressed={isHeard}
          aria-label={isHeard ? 'Do not listen' : 'Listen to the film'}
          title={isHeard ? 'Do not listen' : 'Listen to the film'}
          onClick={() => setHeard(!isHeard)}
        >
          <Icon name={isHeard ? 'speaker' : 'silent'} />
        </button>
      ) : null}
    </section>
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
          onPick={LAYOUTS[layout.mode].hasBig ? pick : undefined}
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

type BadgesProps = Pick<MonitorProps, 'focus' | 'phase'> & { programme: 'off' | 'opening' | 'live' };

function MonitorBadges({ focus, phase, programme }: BadgesProps): ReactNode {
  const badge = badgeOf({ focus, phase, programme });
  if (badge === undefined) return null;
  return (
    <p className="monitor-badges" role="status">
      <span className={`badge ${badge.tone}`}>{badge.words}</span>
      {badge.more === '' ? null : <span className="badge">{badge.more}</span>}
    </p>
  );
}

function badgeOf({ focus, phase, programme }: BadgesProps): { tone: string; words: string; more: string } | undefined {
  if (phase === 'draft') return { tone: 'plain', words: 'PREVIEW', more: 'what the film will look like' };
  if (phase === 'finishing') return { tone: 'plain', words: 'FINISHING', more: 'the file is being completed' };
  if (phase === 'over') return undefined;
  if (focus?.state === 'paused') return { tone: 'wait', words: 'PAUSED', more: 'nothing is recorded' };
  if (programme === 'live') return { tone: 'rec', words: 'LIVE', more: behindWords(focus?.film?.lagMs ?? 0) };
  return { tone: 'rec', words: 'REC', more: 'live picture is coming …' };
}
