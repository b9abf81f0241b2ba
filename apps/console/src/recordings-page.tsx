// All recordings of the server, newest first.

import type { Recording } from '@roomtape/api';
import { type ReactNode, useEffect, useState } from 'react';
import type { ConsoleApi } from './console-api.ts';
import { formatTime } from './format.ts';
import { Icon } from './icons.tsx';
import { PageHeader } from './page-header.tsx';
import { ProblemList } from './problem-list.tsx';
import { RecordingCard } from './recording-card.tsx';
import { isChanging, isUnderWay, RoomRecordings } from './room-recordings.ts';
import { mixAddress } from './route.ts';
import { useStore } from './store.ts';

/** Lists every recording, found by room. */
export function RecordingsPage({ api }: { api: ConsoleApi }): ReactNode {
  const [recordings] = useState(() => new RoomRecordings(api, undefined));
  const [wanted, setWanted] = useState('');
  const list = useStore(recordings.store);
  useEffect(() => {
    recordings.open();
    return () => recordings.close();
  }, [recordings]);
  const shown = list.recordings.filter(({ roomId }) => roomId.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <div className="page">
      <PageHeader />
      <main className="recordings">
        <div className="recordings-head">
          <h1>Recordings</h1>
          <label className="field inline">
            <span>Room</span>
            <input type="search" value={wanted} placeholder="All" onChange={(event) => setWanted(event.target.value)} />
          </label>
        </div>
        <ProblemList
          problems={list.problem === undefined ? [] : [list.problem]}
          onDismiss={() => recordings.dismiss()}
        />
        {shown.length === 0 ? (
          <p className="empty">{list.isLoaded ? 'Nothing recorded yet.' : 'Loading …'}</p>
        ) : (
          shown.map((recording, index) => (
            <RecordingCard
              key={recording.recordingId}
              recording={recording}
              isOpen={index === 0}
              title={`${recording.roomId} · ${formatTime(recording.createdAt)}`}
            >
              <DeskLink recording={recording} />
            </RecordingCard>
          ))
        )}
        {list.hasMore ? (
          <button type="button" className="quiet" onClick={() => void recordings.showMore()}>
            Show older ones
          </button>
        ) : null}
      </main>
    </div>
  );
}

/** The way to the mixing desk, for what has tapes to make a film of. */
function DeskLink({ recording }: { recording: Recording }): ReactNode {
  const { roomId, recordingId, renderedFrom = recordingId, mode, files } = recording;
  const isFilm = mode === 'mix';
  const isRunningMix = isFilm && isUnderWay(recording);
  const isSource = mode !== 'upload' && !isChanging(recording) && files.length > 0;
  if (!isRunningMix && !isSource) return null;
  return (
    <p className="card-link">
      <a className="quiet small" href={mixAddress(roomId, renderedFrom)}>
        <Icon name="layout" />
        {isRunningMix ? 'Open the mixing desk' : isFilm ? 'Render with another layout' : 'Render as one film'}
      </a>
    </p>
  );
}
