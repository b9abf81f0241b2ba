// What a film that is made later is made of: the facts of a finished recording, as they were, with the look that is
// asked for. Pure but for the look at which tapes are there.

import { existsSync } from 'node:fs';
import type { MixRequest } from '@roomtape/api';
import { type UnixUs, unixUs } from '@roomtape/media';
import type { RenderOrigin } from './journal-event.ts';
import { mixStreamOf } from './mix-facts.ts';
import { renderedSettings } from './mix-settings.ts';
import { isFinal, type RecordingModel, type StreamLink, stateOf } from './recording-model.ts';
import { tapeDirectory } from './recording-paths.ts';
import { refusal } from './recording-refusal.ts';

/** The origin of a film of a recording. Throws why there can be none. */
export function renderOriginOf(model: RecordingModel, request: MixRequest, dataDirectory: string): RenderOrigin {
  if (model.request.mode === 'upload')
    throw refusal('NOT_SUPPORTED', 'an uploaded file has no tapes', { supported: ['single', 'mix'] });
  if (!isFinal(model))
    throw refusal('INVALID_STATE', 'a film is made when the recording is finished', { state: stateOf(model) });
  const recorded = originOf(model);
  const stopAt = recorded?.stopAt;
  if (recorded === undefined || stopAt === undefined)
    throw refusal('NOTHING_RECORDED', 'the recording has no media', {});
  const gone = recorded.streams.filter(({ tapeId }) => !existsSync(tapeDirectory(dataDirectory, tapeId)));
  if (gone.length > 0) {
    const streams = [...new Set(gone.map(({ streamId }) => streamId))];
    throw refusal('TAPE_GONE', 'tapes of the recording are not there any more', { streams });
  }
  return { ...recorded, stopAt, settings: lookOf(recorded, request) };
}

/** What a film of a recording is made of, with the look it had; its end is absent in one that never was stopped. */
export type RecordedOrigin = Omit<RenderOrigin, 'stopAt'> & { readonly stopAt?: UnixUs };

/** What a film of a recording can be made of; `undefined` when nothing was recorded. */
export function originOf(model: RecordingModel): RecordedOrigin | undefined {
  if (model.origin !== undefined) return model.origin;
  const links = tapedLinks(model);
  const starts = links.map(({ mediaStartedAt }) => mediaStartedAt ?? Number.POSITIVE_INFINITY);
  if (links.length === 0) return undefined;
  const order = [...new Set(links.map(({ streamId }) => streamId))];
  return {
    startAt: unixUs(Math.min(...starts)),
    ...(model.stoppedAt === undefined ? {} : { stopAt: model.stoppedAt }),
    pauses: model.pauses,
    settings: model.settings,
    streams: links.map((link) => {
      const { tapeDirectory: _elsewhere, ...facts } = mixStreamOf(link, order.indexOf(link.streamId), '');
      return { ...facts, tapeId: link.tapeId };
    }),
  };
}

/** The links of a recording a film can be made of. */
export function tapedLinks({ links }: Pick<RecordingModel, 'links'>): StreamLink[] {
  return links.filter(({ role, mediaStartedAt }) => role !== 'film' && mediaStartedAt !== undefined);
}

function lookOf({ startAt, settings }: RecordedOrigin, request: MixRequest): RenderOrigin['settings'] {
  if (settings.length === 0) return [{ at: startAt, settings: renderedSettings(undefined, request) }];
  const looks = settings.map((look) => ({ at: look.at, settings: renderedSettings(look.settings, request) }));
  const texts = looks.map((look) => JSON.stringify(look.settings));
  return looks.filter((_look, index) => texts[index] !== texts[index - 1]);
}
