// The mixing desk of a room: the programme with its buttons and layouts on the left, people, look and files on the right.

import { type ReactNode, useEffect, useState } from 'react';
import type { ConsoleApi } from '../console-api.ts';
import { PageHeader } from '../page-header.tsx';
import { isPicture } from '../playback/playable-file.ts';
import type { Problem } from '../problem.ts';
import { ProblemList } from '../problem-list.tsx';
import { RecordingProblems } from '../recording-problems.tsx';
import { RoomStatus } from '../room-status.tsx';
import type { MixLink } from '../route.ts';
import { SnapStrip } from '../snap-strip.tsx';
import { useStore } from '../store.ts';
import { CastPanel } from './cast-panel.tsx';
import { missingProblem, phaseOf } from './desk-view.ts';
import { FilmForm } from './film-form.tsx';
import { FilmPanel } from './film-panel.tsx';
import { LayoutPicker } from './layout-picker.tsx';
import { LookForm } from './look-form.tsx';
import { MixSession } from './mix-session.ts';
import { MixTransport } from './mix-transport.tsx';
import type { MixEdit } from './mix-wish.ts';
import { Monitor } from './monitor.tsx';

/** The page; leaving it ends nothing but the view. */
export function MixPage({ api, link }: { api: ConsoleApi; link: MixLink }): ReactNode {
  const [session, setSession] = useState<MixSession>();
  const { roomId, recordingId } = link;
  useEffect(() => {
    const opened = new MixSession(api, { roomId, recordingId });
    setSession(opened);
    opened.open();
    return () => opened.close();
  }, [api, roomId, recordingId]);
  return session === undefined ? <p className="waiting">Opening {roomId} …</p> : <Desk session={session} />;
}

function Desk({ session }: { session: MixSession }): ReactNode {
  const view = useStore(session.store);
  const room = useStore(session.room.store);
  const list = useStore(session.recordings.store);
  const { focus } = session;
  const phase = phaseOf(focus);
  const { settings, sending } = view.desk;
  const edit = (change: MixEdit): void => session.edit(change);
  const programme = useStore(session.programme.store);
  const problems = distinct([
    list.problem,
    room.problem,
    programme.problem,
    view.problem,
    missingProblem(list, view.focusId),
  ]);
  return (
    <div className="page">
      <PageHeader>
        <RoomStatus roomId={session.roomId} view={room} />
      </PageHeader>
      <main className="studio desk-page">
        <h1 className="sr-only">Mixing desk of {session.roomId}</h1>
        <section className="studio-stage" aria-label="Film">
          <Monitor session={session} view={view} focus={focus} phase={phase} />
          <MixTransport
            session={session}
            focus={focus}
            phase={phase}
            isBusy={list.isBusy}
            isSnapping={view.isSnapping}
            people={view.areStandIns ? 0 : view.inputs.length}
          />
          <ProblemList problems={problems} onDismiss={(key) => session.dismiss(key)} />
          <RecordingProblems problems={focus?.problems.filter(({ resolvedAt }) => resolvedAt === undefined) ?? []} />
          <SnapStrip files={focus?.files.filter(isPicture) ?? []} />
          <LayoutPicker
            settings={settings}
            context={view}
            isSending={sending !== undefined}
            onChoose={(mode) => session.choose(mode)}
          />
        </section>
        <aside className="studio-side" aria-label="People, look and files">
          <CastPanel settings={settings} inputs={view.inputs} areStandIns={view.areStandIns} onEdit={edit} />
          <LookForm settings={settings} onEdit={edit} />
          <FilmForm
            settings={settings}
            formats={view.formats}
            isLocked={phase === 'live' || phase === 'finishing'}
            onEdit={edit}
            onFormat={(format) => session.toggleFormat(format)}
          />
          <FilmPanel focus={focus} recordings={list.recordings} />
        </aside>
      </main>
    </div>
  );
}

/** A server that is away fails the room and its recordings in the same words: once is enough. */
function distinct(problems: readonly (Problem | undefined)[]): Problem[] {
  return [...new Map(problems.flatMap((one) => (one === undefined ? [] : [[one.message, one] as const]))).values()];
}
