// How the film looks besides its layout. Everything here may change while it runs.

import type { MixSettings } from '@roomtape/api';
import { type ReactNode, useEffect, useState } from 'react';
import { Choice, optionsOf } from '../choice.tsx';
import { Switch } from '../switch.tsx';
import {
  FIRST_SETTINGS,
  fitOf,
  type MixEdit,
  watermarkOf,
  withBackground,
  withFit,
  withLabels,
  withTimestamp,
  withWatermark,
} from './mix-wish.ts';

type LookFormProps = { settings: MixSettings; onEdit: (change: MixEdit) => void };

/** Names, time, text, colour and how pictures fill their tiles. */
export function LookForm({ settings, onEdit }: LookFormProps): ReactNode {
  const { overlays, canvas } = settings;
  return (
    <section className="side-part" aria-label="Look">
      <h2>Look</h2>
      <div className="switches">
        <Switch label="Names" isOn={overlays.labels !== undefined} onChange={(isOn) => onEdit(withLabels(isOn))} />
        <Switch
          label="Time"
          isOn={overlays.timestamp !== undefined}
          onChange={(isOn) => onEdit(withTimestamp(isOn ? zoneHere() : undefined))}
        />
      </div>
      <div className="settings">
        <Choice
          label="Pictures"
          value={fitOf(settings)}
          options={optionsOf(FITS, FIT_WORDS)}
          onChange={(fit) => onEdit(withFit(fit))}
        />
        <label className="field">
          <span>Background</span>
          <input
            type="color"
            value={canvas.background?.color ?? BLACK}
            onChange={(event) => onEdit(withBackground(event.target.value))}
          />
        </label>
        <WatermarkField text={watermarkOf(settings)} onChange={(text) => onEdit(withWatermark(text))} />
      </div>
    </section>
  );
}

const FITS = ['auto', 'fill', 'fit'] as const;
const FIT_WORDS = { auto: 'Large one whole', fill: 'All fill their tile', fit: 'All whole' };
const BLACK = FIRST_SETTINGS.canvas.background?.color ?? '#000000';

/** Text goes into the film when the field is left or Enter is pressed: nobody wants to see it being typed. */
function WatermarkField({ text, onChange }: { text: string; onChange: (text: string) => void }): ReactNode {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const commit = (): void => {
    if (typed.trim() !== text) onChange(typed.trim());
  };
  return (
    <label className="field wide">
      <span>Text in the corner</span>
      <input
        value={typed}
        maxLength={120}
        placeholder="None"
        onChange={(event) => setTyped(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => (event.key === 'Enter' ? commit() : undefined)}
      />
    </label>
  );
}

function zoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
