import type { MixSettings } from '@roomtape/api';
import { changeMix, isMixProblem, LAYOUT_MODES, parseMixRequest } from '@roomtape/api';
import { describe, expect, it } from 'vitest';
import { FORMAT_ORDER, outputsOf, toggledFormat } from './film-formats.ts';
import { settingsInMode } from './layout-preview.ts';
import { standIns } from './mix-cast.ts';
import {
  CANVAS_SIZES,
  changeOf,
  FIRST_SETTINGS,
  type MixEdit,
  watermarkOf,
  withBackground,
  withBig,
  withCanvas,
  withFit,
  withFps,
  withLabels,
  withMode,
  withTimestamp,
  withVolume,
  withWatermark,
} from './mix-wish.ts';

const INPUTS = standIns(3);
const all = (...edits: MixEdit[]) => edits.reduce((settings, edit) => edit(settings), FIRST_SETTINGS);
const complaint = (body: unknown): string | undefined => {
  const answer = parseMixRequest(body);
  return isMixProblem(answer) ? answer.message : undefined;
};

describe('what a person can click', () => {
  it.each(LAYOUT_MODES)('is taken by the server in every shape and with everything on, in mode %s', (mode) => {
    for (const size of Object.values(CANVAS_SIZES)) {
      const chosen = settingsInMode(FIRST_SETTINGS, mode, { inputs: INPUTS, areStandIns: false, ownCells: [] });
      const edits = [withWatermark('Lesson 1'), withTimestamp('Europe/Berlin'), withFit('fit'), withBig('person-2')];
      const settings = [...edits, withVolume('person-1', 200), withCanvas(size), withFps(15)].reduce(
        (now, edit) => edit(now),
        chosen,
      );

      expect(complaint(settings)).toBeUndefined();
      expect(settings).toMatchObject({
        layout: { mode, fit: 'fit', bigStreamId: 'person-2' },
        canvas: { ...size, fps: 15 },
      });
    }
  });

  it('can be undone without a trace', () => {
    const undone = all(
      withBig('a'),
      withBig(undefined),
      withVolume('a', 150),
      withVolume('a', 100),
      withTimestamp('UTC'),
      withTimestamp(undefined),
      withWatermark('x'),
      withWatermark(''),
      withFit('fit'),
      withFit('auto'),
      withLabels(false),
      withLabels(true),
      withMode('custom', [{ x: 0, y: 0, width: 320, height: 180 }]),
      withMode('gallery', []),
    );

    expect(undone).toEqual(FIRST_SETTINGS);
  });

  it('leaves alone what this page has no control for', () => {
    const watermarks = [{ image: 'asset:logo', x: 0, y: 0, width: 64, height: 64 }];
    const texts = [
      { text: 'a', x: 1, y: 2, color: '#ff0000' },
      { text: 'b', x: 3, y: 4 },
    ];
    const settings: MixSettings = { ...FIRST_SETTINGS, overlays: { watermarks, texts, labels: { fontSize: 30 } } };
    const edited = [withWatermark('c'), withTimestamp('UTC'), withLabels(true), withBackground('#102030')].reduce(
      (now, edit) => edit(now),
      settings,
    );

    expect(edited.overlays).toEqual({
      ...{ watermarks, labels: { fontSize: 30 }, timestamp: { zone: 'UTC' } },
      texts: [{ ...texts[0], text: 'c' }, texts[1]],
    });
    expect(watermarkOf(edited)).toBe('c');
  });

  it('is taken by a running film, which keeps its shape and rate', () => {
    const running = parseMixRequest(FIRST_SETTINGS);
    if (isMixProblem(running)) throw new Error(running.message);
    const wanted = all(withMode('speaker', []), withVolume('a', 0), withBackground('#102030'), withLabels(false));
    const changed = changeMix(running, changeOf(wanted));

    expect(changed).toMatchObject({
      layout: { mode: 'speaker' },
      canvas: { width: 1280, height: 720, fps: 30, background: { color: '#102030' } },
      audio: { volumes: { a: 0 } },
      overlays: {},
    });
  });
});

describe('formats', () => {
  it('are one or several, in one order, and never none', () => {
    expect(toggledFormat(['mp4'], 'mp4')).toEqual(['mp4']);
    expect(toggledFormat(['mp3'], 'mp4')).toEqual(['mp4', 'mp3']);
    expect(FORMAT_ORDER.reduce(toggledFormat, toggledFormat(['mp4'], 'hls'))).toEqual(['hls', 'webm', 'mp3']);
  });

  it('become one format or several outputs', () => {
    expect(outputsOf(['hls'])).toEqual({ format: 'hls' });
    expect(outputsOf(['mp4', 'mp3'])).toEqual({ outputs: [{ format: 'mp4' }, { format: 'mp3' }] });
  });
});
