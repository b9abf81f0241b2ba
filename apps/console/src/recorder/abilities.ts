// What this browser can do for a local recording, in words that stay true when the answer is no. Pure.

import { hasPicture, type RecordSettings } from './record-settings.ts';

/** Answers by feature; `undefined`: not known yet. */
export type Abilities = {
  readonly recording: boolean | undefined;
  readonly h264: boolean | undefined;
  readonly h265: boolean | undefined;
  readonly aac: boolean | undefined;
  readonly storage: boolean | undefined;
  readonly filePicker: boolean | undefined;
  readonly rawAudio: boolean | undefined;
};

/** Nothing is known yet. */
export const UNKNOWN_ABILITIES: Abilities = {
  recording: undefined,
  h264: undefined,
  h265: undefined,
  aac: undefined,
  storage: undefined,
  filePicker: undefined,
  rawAudio: undefined,
};

/** One line of the list. */
export type AbilityRow = { readonly key: keyof Abilities; readonly name: string; readonly otherwise: string };

/** Features in the order of their weight, each with what follows where it is missing. */
export const ABILITY_ROWS: readonly AbilityRow[] = [
  { key: 'recording', name: 'Record to a file', otherwise: 'This browser cannot record. Chrome and Edge can.' },
  { key: 'h264', name: 'H.264 pictures', otherwise: 'Only sound can be recorded.' },
  { key: 'h265', name: 'H.265 pictures', otherwise: 'Use H.264: every player reads it.' },
  { key: 'aac', name: 'AAC sound', otherwise: 'Only pictures can be recorded.' },
  {
    key: 'storage',
    name: 'Keep recordings through a crash',
    otherwise: 'A private window or this browser forbids it.',
  },
  { key: 'filePicker', name: 'Write to a file you pick', otherwise: 'Use the download instead.' },
  { key: 'rawAudio', name: 'Raw audio', otherwise: 'The raw-audio page will not work.' },
];

/** What the person has to know before pressing Record; `undefined`: nothing stands in the way. */
export function obstacleOf(abilities: Abilities, settings: RecordSettings): string | undefined {
  const missing = ABILITY_ROWS.find(
    ({ key }) => (key === 'recording' || key === 'storage') && abilities[key] === false,
  );
  if (missing !== undefined) return missing.otherwise;
  const isPictured = hasPicture(settings);
  if (isPictured && abilities.h264 === false) return 'This browser cannot make H.264 pictures. Choose sound only.';
  const isSounding = !isPictured || settings.content !== 'only-video';
  return isSounding && abilities.aac === false ? 'This browser cannot make AAC sound. Choose picture only.' : undefined;
}
