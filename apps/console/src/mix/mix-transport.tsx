// The buttons of the desk: begin, pause, snap, stop; afterwards another film of the same tapes, or a new one.

import type { Recording } from '@roomtape/api';
import type { ReactNode } from 'react';
import { Figure } from '../figure.tsx';
import { formatBytes, formatDuration } from '../format.ts';
import { Icon } from '../icons.tsx';
import { transportState } from '../record-control.tsx';
import { RunningTime } from '../running-time.tsx';
import { TransportButtons } from '../transport-buttons.tsx';
import type { DeskPhase } from './desk-view.ts';
import type { MixSession } from './mix-session.ts';

type MixTransportProps = {
  session: MixSession;
  focus: Recording | undefined;
  phase: DeskPhase;
  isBusy: boolean;
  isSnapping: boolean;
  people: number;
};

/** The buttons and what the film has so far. */
export function MixTransport(props: MixTransportProps): ReactNode {
  const { focus, phase, people } = props;
  const film = focus?.film;
  const bytes = focus?.files.reduce((total, file) => total + file.bytes, 0);
  const lagMs = phase === 'live' ? film?.lagMs : undefined;
  return (
    <div className="transport">
      {phase === 'draft' || phase === 'live' ? <LiveButtons {...props} /> : <AfterButtons {...props} />}
      <dl className="figures">
        <Figure label="Mixed" value={film === undefined ? undefined : formatDuration(film.mixedMs)} />
        {phase === 'over' ? null : (
          <Figure
            label="Behind"
            value={lagMs === undefined ? undefined : `${lagMs.toLocaleString('en')} ms`}
            isBad={(lagMs ?? 0) > LAG_MS_MAX}
          />
        )}
        <Figure label="Size" value={bytes === undefined ? undefined : formatBytes(bytes)} />
        <Figure label="People" value={String(people)} />
      </dl>
    </div>
  );
}

/** A film is made two seconds behind the room; beyond this the machine does not keep up. */
const LAG_MS_MAX = 4000;

function LiveButtons({ session, focus, phase, isBusy, isSnapping }: MixTransportProps): ReactNode {
  const active = phase === 'live' ? focus : undefined;
  return (
    <TransportButtons
      state={transportState(active)}
      isBusy={isBusy}
      isPauseBlocked={active?.state === 'starting'}
      startLabel="Start the film"
      time={
        <RunningTime
          recordedMs={active?.film?.mixedMs ?? 0}
          isRunning={active?.state === 'recording' && (active.film?.mixedMs ?? 0) > 0}
        />
      }
      verbs={{
        start: () => void session.start(),
        pause: () => void session.change('pause'),
        resume: () => void session.change('resume'),
        stop: () => void session.change('stop'),
      }}
    >
      <button type="button" className="tool" disabled={isSnapping} onClick={() => void session.snap()}>
        <Icon name="snap" />
        <span>Snap</span>
      </button>
    </TransportButtons>
  );
}

function AfterButtons({ session, phase, isBusy, isSnapping }: MixTransportProps): ReactNode {
  const isOver = phase === 'over';
  return (
    <>
      <button
        type="button"
        className="tool go"
        disabled={!isOver || isBusy}
        title="Another film of the same tapes, with the layout and look chosen here"
        onClick={() => void session.render()}
      >
        <Icon name="refresh" />
        <span>Render this layout</span>
      </button>
      <button type="button" className="tool" disabled={!isOver || isSnapping} onClick={() => void session.snap()}>
        <Icon name="snap" />
        <span>Snap</span>
      </button>
      <button type="button" className="tool" disabled={!isOver} onClick={() => session.startAfresh()}>
        <Icon name="plus" />
        <span>New film</span>
      </button>
    </>
  );
}
