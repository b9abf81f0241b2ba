// What kind of file the film becomes. Shape and rate are decided before the first frame and stay.

import type { MixSettings } from '@roomtape/api';
import type { ReactNode } from 'react';
import { Choice } from '../choice.tsx';
import { FILM_FORMATS, type FilmFormat, FORMAT_ORDER } from './film-formats.ts';
import { CANVAS_SIZES, type MixEdit, withCanvas, withFps } from './mix-wish.ts';

type FilmFormProps = {
  settings: MixSettings;
  formats: readonly FilmFormat[];
  isLocked: boolean;
  onEdit: (change: MixEdit) => void;
  onFormat: (format: FilmFormat) => void;
};

const SIZE_WORDS: Readonly<Record<keyof typeof CANVAS_SIZES, string>> = {
  '1280x720': '1280 × 720',
  '1920x1080': '1920 × 1080',
  '720x1280': '720 × 1280, portrait',
  '1080x1080': '1080 × 1080, square',
};
const SIZES = Object.keys(CANVAS_SIZES) as readonly (keyof typeof CANVAS_SIZES)[];
const RATES = [15, 30];

/** Size, rate and formats. */
export function FilmForm({ settings, formats, isLocked, onEdit, onFormat }: FilmFormProps): ReactNode {
  const { width, height, fps } = settings.canvas;
  const size = `${width}x${height}`;
  return (
    <section className="side-part" aria-label="Film">
      <h2>
        Film
        {isLocked ? <span className="dim"> · locked while recording</span> : null}
      </h2>
      <fieldset className="settings" disabled={isLocked}>
        <Choice
          label="Size"
          value={size}
          options={withOther(
            SIZES.map((value) => ({ value, words: SIZE_WORDS[value] })),
            size,
          )}
          onChange={(chosen) => {
            const known = SIZES.find((one) => one === chosen);
            if (known !== undefined) onEdit(withCanvas(CANVAS_SIZES[known]));
          }}
        />
        <Choice
          label="Frame rate"
          value={String(fps)}
          options={withOther(
            RATES.map((rate) => ({ value: String(rate), words: `${rate} per second` })),
            String(fps),
          )}
          onChange={(rate) => onEdit(withFps(Number(rate)))}
        />
        <fieldset className="field wide formats">
          <legend>Files</legend>
          {FORMAT_ORDER.map((format) => (
            <label key={format} className="check">
              <input type="checkbox" checked={formats.includes(format)} onChange={() => onFormat(format)} />
              <span>{FILM_FORMATS[format]}</span>
            </label>
          ))}
        </fieldset>
      </fieldset>
    </section>
  );
}

type Option = { readonly value: string; readonly words: string };

/** What another client asked for is shown as it is. */
function withOther(options: readonly Option[], value: string): readonly Option[] {
  if (options.some((option) => option.value === value)) return options;
  return [...options, { value, words: value.replace('x', ' × ') }];
}
