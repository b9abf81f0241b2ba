// Raw audio: every tap of this browser's sound as samples, seen, counted and recorded.

import { type ReactNode, useEffect, useState } from 'react';
import type { ConsoleApi } from '../console-api.ts';
import { Icon } from '../icons.tsx';
import { PageHeader } from '../page-header.tsx';
import { ProblemList } from '../problem-list.tsx';
import { LibraryPanel } from '../recorder/library-panel.tsx';
import { RoomBar } from '../room-bar.tsx';
import { useStore } from '../store.ts';
import { RawAudioSession, type RawAudioView } from './raw-audio-session.ts';
import { StreamSwitches } from './stream-switches.tsx';
import { TapCard } from './tap-card.tsx';
import { TapForm } from './tap-form.tsx';
import { FIXED_TAPS, type FixedTap, playerTap, TAP_WORDS, type TapKey } from './tap-names.ts';

/** The page; everything it opened is closed when it is left. */
export function RawAudioPage({ api }: { api: ConsoleApi }): ReactNode {
  const [session, setSession] = useState<RawAudioSession>();
  useEffect(() => {
    const opened = new RawAudioSession(api);
    setSession(opened);
    void opened.open();
    return () => opened.close();
  }, [api]);
  return (
    <div className="page">
      <PageHeader />
      {session === undefined ? null : <Bench session={session} />}
    </div>
  );
}

function Bench({ session }: { session: RawAudioSession }): ReactNode {
  const view = useStore(session.store);
  const [suffix, setSuffix] = useState<'wav' | 'pcm'>('wav');
  return (
    <main className="studio">
      <section className="studio-stage" aria-label="Taps">
        <div className="bench-head">
          <h1>Raw audio</h1>
          <StartButton session={session} view={view} />
        </div>
        <p className="studio-status" role="status">
          {statusOf(view)}
        </p>
        <ProblemList problems={view.problems} onDismiss={(key) => session.dismiss(key)} />
        <Taps session={session} view={view} suffix={suffix} />
      </section>
      <aside className="studio-side" aria-label="Settings and recordings">
        <TapForm session={session} view={view} suffix={suffix} onSuffix={setSuffix} />
        <RoomBar room={session.room} purpose="Join a room to play its streams and tap each one.">
          <StreamSwitches session={session} view={view} />
        </RoomBar>
        <LibraryPanel library={session.library} title="Sound recordings in this browser" />
      </aside>
    </main>
  );
}

function StartButton({ session, view }: { session: RawAudioSession; view: RawAudioView }): ReactNode {
  const { isRunning, isBusy } = view;
  return (
    <button
      type="button"
      className={isRunning ? 'tool' : 'tool go'}
      disabled={isBusy}
      onClick={() => void (isRunning ? session.stop() : session.start())}
    >
      <Icon name={isRunning ? 'stop' : 'wave'} />
      <span>{isRunning ? 'Stop' : 'Start'}</span>
    </button>
  );
}

function statusOf({ isRunning, isSuspended, format }: RawAudioView): string {
  const { sampleRate, channels, frameMs } = format;
  const kind = format.format === 'int16' ? '16 bit integers' : '32 bit floats';
  const shape = `${(sampleRate * frameMs) / 1000} ${channels === 1 ? 'samples' : 'pairs'} of ${kind} per frame`;
  if (isSuspended) return 'The browser has stopped all sound. Click anywhere on the page.';
  return isRunning
    ? `Running: ${shape}, ${1000 / frameMs} frames a second and tap.`
    : `${shape}. Nothing is sent anywhere.`;
}

type TapsProps = { session: RawAudioSession; view: RawAudioView; suffix: string };

function Taps({ session, view, suffix }: TapsProps): ReactNode {
  const record = (key: TapKey, name: string) => (isWanted: boolean) =>
    void session.setRecording(key, isWanted ? `${name}.${suffix}` : undefined);
  const common = (key: TapKey) => ({
    meter: view.meters.get(key),
    isRunning: view.isRunning,
    recording: view.recordings.get(key),
  });
  return (
    <div className="taps">
      {FIXED_TAPS.map((tap: FixedTap) => (
        <TapCard
          key={tap}
          {...TAP_WORDS[tap]}
          {...common(tap)}
          isOn={view.wanted[tap]}
          onSwitch={(isOn) => void session.want(tap, isOn)}
          onRecord={tap === 'before' ? undefined : record(tap, tap)}
        />
      ))}
      {view.played.map((streamId) => (
        <TapCard
          key={streamId}
          name={streamId}
          carries="A played stream by itself"
          {...common(playerTap(streamId))}
          isOn={view.wanted.player}
          onSwitch={undefined}
          onRecord={record(playerTap(streamId), streamId)}
        />
      ))}
    </div>
  );
}
