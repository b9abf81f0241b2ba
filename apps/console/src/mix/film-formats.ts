// Which files a film becomes. Pure.

import type { StartRecordingRequest } from '@roomtape/api';

/** The formats offered, with what each is good for. */
export const FILM_FORMATS = {
  mp4: 'MP4',
  hls: 'HLS, plays while it is made',
  webm: 'WebM',
  mp3: 'MP3, sound only',
} as const;
/** One of them. */
export type FilmFormat = keyof typeof FILM_FORMATS;

/** The formats in the order they are offered. */
export const FORMAT_ORDER = Object.keys(FILM_FORMATS) as readonly FilmFormat[];

/** Adds a format or takes it away; the last one stays, because a film is a file. */
export function toggledFormat(formats: readonly FilmFormat[], format: FilmFormat): readonly FilmFormat[] {
  const others = formats.filter((one) => one !== format);
  if (others.length === formats.length) return FORMAT_ORDER.filter((one) => one === format || formats.includes(one));
  return others.length === 0 ? formats : others;
}

/** The part of a request that asks for these files. */
export function outputsOf(formats: readonly FilmFormat[]): Pick<StartRecordingRequest, 'format' | 'outputs'> {
  const [first = 'mp4', ...more] = formats;
  return more.length === 0 ? { format: first } : { outputs: formats.map((format) => ({ format })) };
}
