// What a person wants a mix to be, and every change they can click. Pure: settings in, settings out. What another client
// asked for and this page knows no control for stays as it is.

import type { LayoutMode, MixCell, MixRequest, MixSettings, Recording, RecordingFilm } from '@roomtape/api';
import type { Size } from '@roomtape/mixer/layout';
import { scaleCells } from './custom-cells.ts';

/** One change of the settings. */
export type MixEdit = (settings: MixSettings) => MixSettings;

/** Everybody as large as possible, with their names. */
export const FIRST_SETTINGS: MixSettings = {
  layout: { mode: 'gallery' },
  canvas: { width: 1280, height: 720, fps: 30, background: { color: '#10161e' } },
  audio: { channels: 1, bitrate: 64_000, volumes: {}, soundWave: false },
  overlays: { labels: {} },
};

/** Shapes of a film, offered before it begins. */
export const CANVAS_SIZES = {
  '1280x720': { width: 1280, height: 720 },
  '1920x1080': { width: 1920, height: 1080 },
  '720x1280': { width: 720, height: 1280 },
  '1080x1080': { width: 1080, height: 1080 },
} as const satisfies Record<string, Size>;

/** Per cent of its loudness that nobody has to ask for. */
export const PLAIN_VOLUME = 100;

/** The settings in a recording's film, without how far it is. */
export function settingsOf(film: RecordingFilm): MixSettings {
  const { layout, canvas, audio, overlays } = film;
  const { width, height, fps } = { ...FIRST_SETTINGS.canvas, ...canvas };
  return { layout, canvas: { ...canvas, width, height, fps }, audio: { ...FIRST_SETTINGS.audio, ...audio }, overlays };
}

/** The settings to begin with for a recording: those of its film, or the first ones. */
export function settingsFor({ film }: Pick<Recording, 'film'>): MixSettings {
  return film === undefined ? FIRST_SETTINGS : settingsOf(film);
}

/** Chooses a mode; `cells` are for `custom` only. */
export function withMode(mode: LayoutMode, cells: readonly MixCell[]): MixEdit {
  return ({ layout: { cells: _old, ...layout }, ...others }) => ({
    ...others,
    layout: mode === 'custom' ? { ...layout, mode, cells: [...cells] } : { ...layout, mode },
  });
}

/** Gives a stream the big tile, or leaves the choice to the layout. */
export function withBig(streamId: string | undefined): MixEdit {
  return ({ layout: { bigStreamId: _old, ...layout }, ...others }) => ({
    ...others,
    layout: streamId === undefined ? layout : { ...layout, bigStreamId: streamId },
  });
}

/** How pictures stand in their tiles; `auto`: the large one whole, small ones cropped. */
export type FitChoice = 'auto' | 'fill' | 'fit';

/** Fills every tile with a cropped picture, shows every picture whole, or leaves it to the layout. */
export function withFit(choice: FitChoice): MixEdit {
  return ({ layout: { fit: _small, bigFit: _big, ...layout }, ...others }) => {
    if (choice === 'auto') return { ...others, layout };
    const cells = layout.cells?.map((cell) => ({ ...cell, fit: choice }));
    return { ...others, layout: { ...layout, fit: choice, bigFit: choice, ...(cells && { cells }) } };
  };
}

/** The choice that `withFit` made, or what comes nearest. */
export function fitOf({ layout: { fit = 'fill', bigFit = 'fit' } }: MixSettings): FitChoice {
  return fit === bigFit ? fit : 'auto';
}

/** Colours what stands behind the tiles. */
export function withBackground(color: string): MixEdit {
  return (settings) => {
    const { canvas } = settings;
    return { ...settings, canvas: { ...canvas, background: { ...canvas.background, color } } };
  };
}

/** Writes everybody's name into their tile, or not. */
export function withLabels(isOn: boolean): MixEdit {
  return ({ overlays: { labels, ...overlays }, ...others }) => ({
    ...others,
    overlays: isOn ? { ...overlays, labels: labels ?? {} } : overlays,
  });
}

/** Writes the time of that zone into the film, or not. */
export function withTimestamp(zone: string | undefined): MixEdit {
  return ({ overlays: { timestamp, ...overlays }, ...others }) => ({
    ...others,
    overlays: zone === undefined ? overlays : { ...overlays, timestamp: timestamp ?? { zone } },
  });
}

/** Writes a text into the top left corner; empty: none. Other texts of the film stay. */
export function withWatermark(text: string): MixEdit {
  return ({ overlays: { texts = [], ...overlays }, canvas, ...others }) => {
    const [first, ...rest] = texts;
    const own = first ?? watermarkAt(canvas);
    const next = text === '' ? rest : [{ ...own, text }, ...rest];
    return { ...others, canvas, overlays: next.length === 0 ? overlays : { ...overlays, texts: next } };
  };
}

/** The text that `withWatermark` wrote. */
export function watermarkOf({ overlays }: MixSettings): string {
  return overlays.texts?.[0]?.text ?? '';
}

/** Makes a stream softer or louder, per cent. */
export function withVolume(streamId: string, volume: number): MixEdit {
  return ({ audio, ...others }) => {
    const { [streamId]: _old, ...volumes } = audio.volumes;
    return {
      ...others,
      audio: { ...audio, volumes: volume === PLAIN_VOLUME ? volumes : { ...volumes, [streamId]: volume } },
    };
  };
}

/** Chooses the shape of the film; own rectangles and texts keep their place in it. */
export function withCanvas(size: Size): MixEdit {
  return ({ layout, canvas, overlays, ...others }) => ({
    ...others,
    canvas: { ...canvas, ...size },
    layout: layout.cells === undefined ? layout : { ...layout, cells: scaleCells(layout.cells, canvas, size) },
    overlays:
      overlays.texts === undefined
        ? overlays
        : { ...overlays, texts: overlays.texts.map((text) => ({ ...text, ...placeIn(text, canvas, size) })) },
  });
}

/** Chooses how many pictures a second has. */
export function withFps(fps: number): MixEdit {
  return (settings) => ({ ...settings, canvas: { ...settings.canvas, fps } });
}

/** What a running film is told: everything that may change while it runs. */
export function changeOf({ layout, canvas: { background }, audio, overlays }: MixSettings): MixRequest {
  return { layout, audio, overlays, ...(background === undefined ? {} : { canvas: { background } }) };
}

function watermarkAt({ width, height }: Size): { x: number; y: number; fontSize: number; opacity: number } {
  const side = Math.min(width, height);
  const margin = Math.round(side / 24);
  return { x: margin, y: margin, fontSize: Math.max(12, Math.round(side / 22)), opacity: 0.75 };
}

function placeIn(at: { x: number; y: number }, from: Size, to: Size): { x: number; y: number } {
  return { x: Math.floor((at.x / from.width) * to.width), y: Math.floor((at.y / from.height) * to.height) };
}
