// The room: stage, toolbar, recordings.

import { type ReactNode, useEffect, useState } from 'react';
import type { ConsoleApi } from './console-api.ts';
import { PageHeader } from './page-header.tsx';
import type { Problem } from './problem.ts';
import { ProblemList } from './problem-list.tsx';
import { RecordingsPanel } from './recordings-panel.tsx';
import { activeRecording, type RecordingsView, RoomRecordings } from './room-recordings.ts';
import { RoomSession, type RoomView, type Visit } from './room-session.ts';
import { RoomStatus } from './room-status.tsx';
import { useStore } from './store.ts';
import { TileGrid } from './tile-grid.tsx';
import { listTiles } from './tiles.ts';
import { Toolbar } from './toolbar.tsx';

type RoomPageProps = { api: ConsoleApi; visit: Visit; onLeave: () => void };

/** One visit to a room, from joining to leaving. */
export function RoomPage({ api, visit, onLeave }: RoomPageProps): ReactNode {
  const [session] = useState(() => new RoomSession(visit, api));
  const [recordings] = useState(() => new RoomRecordings(api, visit.roomId));
  const view = useStore(session.store);
  const list = useStore(recordings.store);
  useVisit(session, recordings, view);
  const leave = (): void => {
    void session.close();
    onLeave();
  };
  const problems = allProblems(view, list);
  const dismiss = (key: string): void => (key === list.problem?.key ? recordings.dismiss() : session.dismiss(key));
  return (
    <div className="page room">
      <PageHeader>
        <RoomStatus roomId={visit.roomId} view={view} />
      </PageHeader>
      <main className="room-main">
        <section className="room-stage" aria-label="Participants">
          <TileGrid tiles={listTiles(view, visit, session.mine)} />
          <ProblemList problems={problems} onDismiss={dismiss} />
          <Toolbar
            session={session}
            view={view}
            recordings={recordings}
            active={activeRecording(list.recordings, 'single')}
            isOnAir={activeRecording(list.recordings, 'mix') !== undefined}
            isBusy={list.isBusy}
            onLeave={leave}
          />
        </section>
        <RecordingsPanel list={list} names={namesOf(view)} />
      </main>
    </div>
  );
}

/** A server that is away fails the room and the recordings in the same words: once is enough. */
function allProblems(view: RoomView, { problem }: RecordingsView): readonly Problem[] {
  const isNews = problem !== undefined && view.problems.every(({ message }) => message !== problem.message);
  return isNews ? [...view.problems, problem] : view.problems;
}

function namesOf(view: RoomView): ReadonlyMap<string, string> {
  return new Map(view.participants.map(({ userId, userName }) => [userId, userName]));
}

function useVisit(session: RoomSession, recordings: RoomRecordings, view: RoomView): void {
  useEffect(() => {
    void session.open();
    recordings.open();
    // A closed page says goodbye, so that the others need not wait for a timeout.
    const leave = (): void => void session.close();
    window.addEventListener('pagehide', leave);
    return () => {
      window.removeEventListener('pagehide', leave);
      recordings.close();
      leave();
    };
  }, [session, recordings]);
  const { recordingChanges } = view;
  useEffect(() => {
    if (recordingChanges > 0) void recordings.refresh();
  }, [recordings, recordingChanges]);
}
