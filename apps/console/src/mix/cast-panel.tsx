// Everybody in the film: who is large, and how loud each one is.

import type { MixSettings } from '@roomtape/api';
import type { MixInput } from '@roomtape/mixer/layout';
import type { ReactNode } from 'react';
import { hueOf, initialsOf } from '../format.ts';
import { Icon } from '../icons.tsx';
import { LAYOUTS } from './layout-preview.ts';
import { type MixEdit, PLAIN_VOLUME, withBig, withVolume } from './mix-wish.ts';

type CastPanelProps = {
  settings: MixSettings;
  inputs: readonly MixInput[];
  areStandIns: boolean;
  onEdit: (change: MixEdit) => void;
};

/** Shows the people. */
export function CastPanel({ settings, inputs, areStandIns, onEdit }: CastPanelProps): ReactNode {
  const { mode, bigStreamId } = settings.layout;
  return (
    <section className="side-part" aria-label="People">
      <h2>People</h2>
      {areStandIns ? <p className="empty">Nobody sends anything yet: stand-ins show what the layouts do.</p> : null}
      <ul className="cast">
        {(areStandIns ? [] : inputs).map((input) => (
          <CastRow
            key={input.inputId}
            input={input}
            isBig={input.streamId === bigStreamId}
            canBeBig={LAYOUTS[mode].hasBig}
            volume={settings.audio.volumes[input.streamId] ?? PLAIN_VOLUME}
            onEdit={onEdit}
          />
        ))}
      </ul>
    </section>
  );
}

type CastRowProps = {
  input: MixInput;
  isBig: boolean;
  canBeBig: boolean;
  volume: number;
  onEdit: (change: MixEdit) => void;
};

function CastRow({ input, isBig, canBeBig, volume, onEdit }: CastRowProps): ReactNode {
  const { streamId, userName } = input;
  return (
    <li className="cast-row" style={{ '--hue': hueOf(userName) } as React.CSSProperties}>
      <span className="cast-face" aria-hidden="true">
        {input.kind === 'screen' ? <Icon name="screen" /> : initialsOf(userName)}
      </span>
      <span className="cast-name" title={userName}>
        {userName}
      </span>
      <button
        type="button"
        className="chip"
        aria-pressed={isBig}
        aria-label={`${userName} large`}
        disabled={!canBeBig}
        title={canBeBig ? undefined : 'This layout has no large tile'}
        onClick={() => onEdit(withBig(isBig ? undefined : streamId))}
      >
        Large
      </button>
      <label className="slider">
        <span className="sr-only">Volume of {userName}</span>
        <Icon name={volume === 0 ? 'silent' : 'speaker'} />
        <input
          type="range"
          min={0}
          max={200}
          step={5}
          value={volume}
          onChange={(event) => onEdit(withVolume(streamId, Number(event.target.value)))}
        />
        <output>{volume} %</output>
      </label>
    </li>
  );
}
