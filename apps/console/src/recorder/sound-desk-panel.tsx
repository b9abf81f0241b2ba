// Music and effects: choose, play, and decide whether the recording hears them too.

import { PUBLISH_CHANNELS } from '@roomtape/sdk';
import type { ReactNode } from 'react';
import { Choice } from '../choice.tsx';
import { FileButton } from '../file-button.tsx';
import { formatDuration } from '../format.ts';
import { Icon } from '../icons.tsx';
import { ProblemList } from '../problem-list.tsx';
import { useStore } from '../store.ts';
import { CHANNEL_NAMES } from './channel-names.ts';
import { MADE_SOUNDS } from './made-sounds.ts';
import type { SoundDesk, SoundDeskView } from './sound-desk.ts';

type DeskProps = { desk: SoundDesk; view: SoundDeskView };

/** The desk. */
export function SoundDeskPanel({ desk }: { desk: SoundDesk }): ReactNode {
  const view = useStore(desk.store);
  return (
    <section className="desk" aria-label="Music and effects">
      <h2>Music and effects</h2>
      <MusicRow desk={desk} view={view} />
      <div className="desk-row">
        <EffectButtons desk={desk} view={view} />
        <AuxChoice desk={desk} view={view} />
        <label className="slider">
          <Icon name="speaker" />
          <span className="sr-only">Volume of music and effects</span>
          <input
            type="range"
            min={0}
            max={200}
            step={5}
            value={view.volume}
            onChange={(event) => desk.setVolume(Number(event.target.value))}
          />
          <output>{view.volume} %</output>
        </label>
      </div>
      <ProblemList problems={view.problem === undefined ? [] : [view.problem]} onDismiss={() => desk.dismiss()} />
    </section>
  );
}

function MusicRow({ desk, view }: DeskProps): ReactNode {
  const isLoaded = view.fileName !== '';
  const isPlaying = view.state === 'playing';
  return (
    <div className="desk-row">
      <button
        type="button"
        className="round small"
        aria-label={isPlaying ? 'Pause music' : 'Play music'}
        disabled={!isLoaded}
        onClick={() => void desk.toggle()}
      >
        <Icon name={isPlaying ? 'pause' : 'play'} />
      </button>
      <span className="desk-name" title={view.fileName}>
        {isLoaded ? view.fileName : <span className="dim">No music chosen</span>}
      </span>
      <label className="slider place">
        <span className="sr-only">Place in the music</span>
        <input
          type="range"
          min={0}
          max={Math.max(1, Math.round(view.durationMs))}
          value={Math.min(Math.round(view.positionMs), Math.max(1, Math.round(view.durationMs)))}
          disabled={!isLoaded}
          onChange={(event) => void desk.seek(Number(event.target.value))}
        />
        <output>
          {formatDuration(view.positionMs)} / {formatDuration(view.durationMs)}
        </output>
      </label>
      <FileButton
        label="Choose music"
        icon="music"
        accept="audio/*,video/*"
        onFile={(file) => void desk.loadFile(file)}
      />
    </div>
  );
}

function EffectButtons({ desk, view }: DeskProps): ReactNode {
  const own = view.effects.filter(({ name }) => MADE_SOUNDS.every((made) => made.name !== name));
  return (
    <fieldset className="effects">
      <legend className="sr-only">Effects</legend>
      {MADE_SOUNDS.map(({ name }) => (
        <button key={name} type="button" className="chip" onClick={() => void desk.playMade(name)}>
          {name}
        </button>
      ))}
      {own.map(({ effectId, name }) => (
        <button key={effectId} type="button" className="chip" title={name} onClick={() => desk.playEffect(effectId)}>
          {name}
        </button>
      ))}
      <FileButton label="Add effect" icon="plus" accept="audio/*" onFile={(file) => void desk.addEffect(file)} />
    </fieldset>
  );
}

function AuxChoice({ desk, view }: DeskProps): ReactNode {
  const values = ['none', ...PUBLISH_CHANNELS] as const;
  return (
    <Choice
      label="Recorded in"
      value={view.auxChannel ?? 'none'}
      options={values.map((value) => ({
        value,
        words: value === 'none' ? 'No file: only heard here' : `${CHANNEL_NAMES[value]} channel`,
      }))}
      onChange={(value) => desk.mixInto(value === 'none' ? undefined : value)}
    />
  );
}
