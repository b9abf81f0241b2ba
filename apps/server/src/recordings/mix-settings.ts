// What a film is asked for, checked: at the start of a mixed recording and when its layout changes.

import {
  changeMix,
  isMixProblem,
  type MixProblem,
  type MixRequest,
  type MixSettings,
  parseMixRequest,
  type StartRecordingRequest,
} from '@roomtape/api';
import type { RoomtapeError } from '@roomtape/media';
import { type RecordingModel, stateOf } from './recording-model.ts';
import { refusal } from './recording-refusal.ts';

const MIX_FIELDS = ['layout', 'canvas', 'audio', 'overlays'] as const;

/** Settings of the film a request asks for; `undefined` for a recording without one. Throws why it cannot be. */
export function mixSettingsOf(request: StartRecordingRequest): MixSettings | undefined {
  const given = MIX_FIELDS.filter((field) => request[field] !== undefined);
  if (request.mode === 'mix') {
    return settled(parseMixRequest(Object.fromEntries(given.map((field) => [field, request[field]]))));
  }
  const [field] = given;
  if (field === undefined) return undefined;
  throw refusal('INVALID_REQUEST', `${field} is for recordings of mode mix`, { field });
}

/** Settings of a film after a change. Throws when there is no film, it is over, or the change cannot be. */
export function changedSettings(model: RecordingModel, change: MixRequest): MixSettings {
  const current = model.settings.at(-1)?.settings;
  if (current === undefined) throw refusal('INVALID_STATE', 'only mixed recordings have a layout', { mode: 'single' });
  if (model.stoppedAt !== undefined) {
    throw refusal('INVALID_STATE', 'the recording is stopped', { state: stateOf(model) });
  }
  return settled(changeMix(current, change));
}

/** Settings of a film made later: parts that are absent are as they were recorded. Throws why they cannot be. */
export function renderedSettings(recorded: MixSettings | undefined, request: MixRequest): MixSettings {
  const given = MIX_FIELDS.filter((field) => request[field] !== undefined);
  const change = Object.fromEntries(given.map((field) => [field, request[field]]));
  if (recorded === undefined) return settled(parseMixRequest(change));
  const { width, height, fps } = { ...recorded.canvas, ...request.canvas };
  // A film made anew may have another size.
  return settled(changeMix({ ...recorded, canvas: { ...recorded.canvas, width, height, fps } }, change));
}

function settled(result: MixSettings | MixProblem): MixSettings {
  if (isMixProblem(result)) throw problemError(result);
  return result;
}

function problemError({ code, message, details }: MixProblem): RoomtapeError {
  return refusal(code, message, { ...details });
}
