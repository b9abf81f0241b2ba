// The recorder: four channels of this browser, each recorded to a file of its own, without a room or within one.

import { PUBLISH_CHANNELS } from '@roomtape/sdk';
import { type ReactNode, useEffect, useState } from 'react';
import type { ConsoleApi } from '../console-api.ts';
import { PageHeader } from '../page-header.tsx';
import { ProblemList } from '../problem-list.tsx';
import { RoomBar } from '../room-bar.tsx';
import { useStore } from '../store.ts';
import { Switch } from '../switch.tsx';
import { obstacleOf } from './abilities.ts';
import { AbilityList } from './ability-list.tsx';
import { ChannelStage } from './channel-stage.tsx';
import { statusOf } from './channel-status.ts';
import { ChannelStrip } from './channel-strip.tsx';
import { type ChannelView, isActive } from './channel-view.ts';
import { LibraryPanel } from './library-panel.tsx';
import { RecorderSession, type RecorderView } from './recorder-session.ts';
import { SettingsForm } from './settings-form.tsx';
import { SoundDeskPanel } from './sound-desk-panel.tsx';
import { SourceBar } from './source-bar.tsx';
import { Figures, Transport } from './transport.tsx';

/** The page; everything it opened is closed when it is left. */
export function RecorderPage({ api }: { api: ConsoleApi }): ReactNode {
  const [session, setSession] = useState<RecorderSession>();
  useEffect(() => {
    const opened = new RecorderSession(api);
    setSession(opened);
    void opened.open();
    // A closed tab loses nothing that was recorded, but whoever closes it by mistake would rather be asked.
    const ask = (event: BeforeUnloadEvent): void => {
      if (opened.isRecording) event.preventDefault();
    };
    window.addEventListener('beforeunload', ask);
    return () => {
      window.removeEventListener('beforeunload', ask);
      opened.close();
    };
  }, [api]);
  return (
    <div className="page">
      <PageHeader />
      {session === undefined ? null : <Studio session={session} />}
    </div>
  );
}

function Studio({ session }: { session: RecorderSession }): ReactNode {
  const view = useStore(session.store);
  const chosen = view.channels[view.selected];
  const { channel } = chosen;
  return (
    <main className="studio">
      <h1 className="sr-only">Recorder</h1>
      <section className="studio-stage" aria-label="Channels">
        <ChannelStrip
          channels={PUBLISH_CHANNELS.map((name) => view.channels[name])}
          selected={view.selected}
          onSelect={(next) => session.select(next)}
        />
        <ChannelStage
          view={chosen}
          canShareScreen={view.canShareScreen}
          onSource={(source) => void session.chooseSource(channel, source)}
        />
        <TransportBar session={session} view={view} chosen={chosen} />
        <ProblemList problems={view.problems} onDismiss={(key) => session.dismiss(key)} />
        <SourceBar
          view={chosen}
          devices={view.devices}
          canShareScreen={view.canShareScreen}
          onSource={(source) => void session.chooseSource(channel, source)}
          onDevices={(choice) => void session.chooseDevices(channel, choice)}
        />
        <SoundDeskPanel desk={session.desk} />
      </section>
      <aside className="studio-side" aria-label="Settings and recordings">
        <SettingsForm
          view={chosen}
          abilities={view.abilities}
          uploadObstacle={view.isInRoom ? undefined : 'join a room first'}
          onChange={(change) => session.change(channel, change)}
        />
        <RoomBar room={session.room} purpose="In a room, channels can be sent live and files uploaded.">
          <LiveSwitch session={session} view={view} chosen={chosen} />
        </RoomBar>
        <LibraryPanel library={session.library} title="Recordings in this browser" />
        <AbilityList abilities={view.abilities} />
      </aside>
    </main>
  );
}

type PartProps = { session: RecorderSession; view: RecorderView; chosen: ChannelView };

function TransportBar({ session, view, chosen }: PartProps): ReactNode {
  const { channel } = chosen;
  const obstacle = isActive(chosen) ? undefined : obstacleOf(view.abilities, chosen.settings);
  const status = obstacle === undefined ? statusOf(chosen) : { words: obstacle, tone: 'warning' as const };
  return (
    <>
      <div className="transport">
        <Transport
          view={chosen}
          verbs={{
            start: () => void session.start(channel),
            pause: () => void session.pause(channel),
            resume: () => void session.resume(channel),
            stop: () => void session.stop(channel),
          }}
        />
        <AllButton session={session} view={view} />
        <Figures view={chosen} />
      </div>
      <p className={`studio-status ${status.tone}`} role="status">
        {status.words}
      </p>
    </>
  );
}

/** With several channels open, one button for all of them. */
function AllButton({ session, view }: Omit<PartProps, 'chosen'>): ReactNode {
  const open = PUBLISH_CHANNELS.filter((channel) => view.channels[channel].mediaStream !== undefined);
  const running = PUBLISH_CHANNELS.filter((channel) => isActive(view.channels[channel]));
  if (running.length > 1) {
    return (
      <button type="button" className="tool" onClick={() => void session.stopAll()}>
        <span>Stop all {running.length}</span>
      </button>
    );
  }
  if (open.length < 2 || running.length > 0) return null;
  return (
    <button type="button" className="tool" onClick={() => void session.startAll()}>
      <span>Record all {open.length}</span>
    </button>
  );
}

function LiveSwitch({ session, view, chosen }: PartProps): ReactNode {
  const isLive = view.liveChannels.has(chosen.channel);
  return (
    <>
      <Switch
        label="Send this channel live"
        isOn={isLive}
        isDisabled={chosen.mediaStream === undefined && !isLive}
        onChange={(isOn) => void session.setLive(chosen.channel, isOn)}
      />
      <p className="dim">Its file is the same, live or not. Leaving the room finishes every recording.</p>
    </>
  );
}
