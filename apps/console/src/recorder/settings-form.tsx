// What the recording of one channel will be: where its picture comes from, and what file it makes.

import type { ReactNode } from 'react';
import { Choice, optionsOf } from '../choice.tsx';
import type { Abilities } from './abilities.ts';
import { CHANNEL_NAMES, CONTENT_NAMES, IF_EXISTS_NAMES, SIZE_NAMES, TARGET_NAMES } from './channel-names.ts';
import { type ChannelView, isActive } from './channel-view.ts';
import {
  FORMATS,
  FRAME_RATES,
  hasPicture,
  IF_EXISTS,
  type RecordSettings,
  SIZES,
  TARGETS,
  type TargetKind,
} from './record-settings.ts';

type SettingsFormProps = {
  view: ChannelView;
  abilities: Abilities;
  /** Why an upload is not possible now; absent: it is. */
  uploadObstacle: string | undefined;
  onChange: (change: Partial<RecordSettings>) => void;
};

/** The form; it cannot be changed while the channel is being recorded. */
export function SettingsForm(props: SettingsFormProps): ReactNode {
  const { view } = props;
  return (
    <section className="side-part" aria-label={`Recording of the ${CHANNEL_NAMES[view.channel]} channel`}>
      <h2>
        {CHANNEL_NAMES[view.channel]} channel
        {isActive(view) ? <span className="dim"> · locked while recording</span> : null}
      </h2>
      <fieldset className="settings" disabled={isActive(view)}>
        <NameFields {...props} />
        <ContentFields {...props} />
        <TargetFields {...props} />
      </fieldset>
    </section>
  );
}

function NameFields({ view: { settings }, onChange }: SettingsFormProps): ReactNode {
  return (
    <>
      <label className="field">
        <span>File name</span>
        <input
          value={settings.name}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => onChange({ name: event.target.value })}
        />
      </label>
      <Choice
        label="Format"
        value={settings.format}
        options={FORMATS.map((value) => ({ value, words: FORMAT_NAMES[value] }))}
        onChange={(format) => onChange({ format })}
      />
    </>
  );
}

const FORMAT_NAMES = { mp4: '.mp4', flv: '.flv', aac: '.aac (sound)' } as const;
const CONTENTS = ['audio-and-video', 'only-video', 'only-audio'] as const;
const CODECS = ['h264', 'h265'] as const;

function ContentFields({ view: { settings }, abilities, onChange }: SettingsFormProps): ReactNode {
  const isPictured = hasPicture(settings);
  const content = settings.content === 'default' ? 'audio-and-video' : settings.content;
  return (
    <>
      <Choice
        label="Holds"
        value={content}
        isDisabled={settings.format === 'aac'}
        options={optionsOf(CONTENTS, CONTENT_NAMES)}
        onChange={(next) => onChange({ content: next })}
      />
      <Choice
        label="Picture size"
        value={settings.size}
        isDisabled={!isPictured}
        options={optionsOf(SIZES, SIZE_NAMES)}
        onChange={(size) => onChange({ size })}
      />
      <Choice
        label="Frame rate"
        value={String(settings.framesPerSecond)}
        isDisabled={!isPictured}
        options={FRAME_RATES.map((rate) => ({ value: String(rate), words: `${rate} per second` }))}
        onChange={(rate) => onChange({ framesPerSecond: Number(rate) })}
      />
      <Choice
        label="Video codec"
        value={settings.videoCodec}
        isDisabled={!isPictured}
        options={CODECS.map((value) => ({ value, ...codecWords(value, abilities) }))}
        onChange={(videoCodec) => onChange({ videoCodec })}
      />
    </>
  );
}

function codecWords(codec: 'h264' | 'h265', abilities: Abilities): { words: string; isImpossible: boolean } {
  const isImpossible = abilities[codec] === false;
  const name = codec === 'h264' ? 'H.264' : 'H.265';
  return { words: isImpossible ? `${name}, not in this browser` : name, isImpossible };
}

function TargetFields({ view: { settings }, abilities, uploadObstacle, onChange }: SettingsFormProps): ReactNode {
  const obstacles: Partial<Record<TargetKind, string | undefined>> = {
    'file-handle': abilities.filePicker === false ? 'not in this browser' : undefined,
    upload: uploadObstacle,
  };
  return (
    <>
      <Choice
        label="If the name is taken"
        value={settings.ifExists}
        options={optionsOf(IF_EXISTS, IF_EXISTS_NAMES)}
        onChange={(ifExists) => onChange({ ifExists })}
      />
      <Choice
        label="When it is finished"
        value={settings.target}
        options={TARGETS.map((value) => targetOption(value, obstacles[value]))}
        onChange={(target) => onChange({ target })}
      />
    </>
  );
}

function targetOption(
  value: TargetKind,
  obstacle: string | undefined,
): { value: TargetKind; words: string; isImpossible: boolean } {
  const name = TARGET_NAMES[value];
  return obstacle === undefined
    ? { value, words: name, isImpossible: false }
    : { value, words: `${name}: ${obstacle}`, isImpossible: true };
}
