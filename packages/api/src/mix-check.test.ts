import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MixSettings } from './mix.ts';
import { changeMix, isMixProblem, type MixProblem, parseMixRequest, waitingStreams } from './mix-check.ts';
import { LAYOUT_MODES, type MixCell } from './mix-layout.ts';

const cell = (x: number, y: number, more: Partial<MixCell> = {}): MixCell => ({
  x,
  y,
  width: 320,
  height: 180,
  ...more,
});
const custom = (...cells: unknown[]): unknown => ({ layout: { mode: 'custom', cells } });

function settingsOf(body: unknown): MixSettings {
  const result = parseMixRequest(body);
  if (isMixProblem(result)) throw new Error(result.message);
  return result;
}

function problemOf(result: MixSettings | MixProblem): unknown[] {
  if (!isMixProblem(result)) return ['accepted'];
  const { field, cells, problems } = result.details;
  return [result.code, field ?? cells ?? (problems as { field: string }[])[0]?.field];
}

describe('a mix request', () => {
  it('may be empty: tiles on 720p at 30 frames, mono', () => {
    expect(settingsOf({})).toEqual({
      layout: { mode: 'tile', tilesMax: 49 },
      canvas: { width: 1280, height: 720, fps: 30 },
      audio: { channels: 1, bitrate: 64_000, volumes: {}, soundWave: false },
      overlays: {},
    });
  });

  it.each(LAYOUT_MODES.filter((mode) => mode !== 'custom'))('may ask for %s', (mode) => {
    expect(settingsOf({ layout: { mode } }).layout.mode).toBe(mode);
  });

  it('keeps everything that was asked for, and reads what it made', () => {
    const body = {
      layout: {
        mode: 'custom',
        cells: [cell(0, 0, { streamId: 'a', background: { image: 'https://example.com/a.png' } }), cell(320, 0)],
        style: { cornerRadius: 12, placeholder: 'image', placeholderImage: 'asset:away' },
      },
      canvas: { width: 640, height: 480, fps: 15, bitrate: 500_000, background: { color: '#203040' } },
      audio: { channels: 2, volumes: { a: 150 } },
      overlays: {
        labels: { text: '{userName}', fontSize: 18 },
        watermarks: [{ image: 'data:image/png;base64,AAAA', x: 0, y: 0, width: 64, height: 64, opacity: 0.5 }],
        timestamp: { zone: 'Asia/Shanghai', format: 'yyyy-MM-dd HH:mm', place: 'top-left' },
      },
    };
    const settings = settingsOf(body);

    expect(settings).toMatchObject(body);
    expect(settings.audio.bitrate).toBe(128_000);
    expect(settingsOf(settings)).toEqual(settings);
  });
});

describe('a mix request is refused', () => {
  it.each([
    ['outside the canvas', custom(cell(1000, 0)), 'LAYOUT_OUTSIDE_CANVAS', 'layout.cells.0'],
    ['left of the canvas', custom(cell(-2, 0)), 'LAYOUT_OUTSIDE_CANVAS', 'layout.cells.0'],
    ['an odd place', custom(cell(0, 0), cell(321, 0)), 'LAYOUT_ODD_SIZE', 'layout.cells.1.x'],
    ['an odd canvas', { canvas: { width: 641 } }, 'LAYOUT_ODD_SIZE', 'canvas.width'],
    ['no size', custom(cell(0, 0, { width: 0 })), 'INVALID_REQUEST', 'layout.cells.0'],
    ['a canvas too large', { canvas: { width: 3840 } }, 'INVALID_REQUEST', 'canvas.width'],
    ['too many frames', { canvas: { fps: 61 } }, 'INVALID_REQUEST', 'canvas.fps'],
    ['bitrate and quality', { canvas: { bitrate: 1e6, quality: 20 } }, 'INVALID_REQUEST', 'canvas.quality'],
    ['no cells', { layout: { mode: 'custom' } }, 'INVALID_REQUEST', 'layout.cells'],
    ['cells in another mode', { layout: { mode: 'tile', cells: [] } }, 'INVALID_REQUEST', 'layout.cells'],
    ['a mode nobody knows', { layout: { mode: 'circle' } }, 'INVALID_REQUEST', 'layout.mode'],
    ['a field nobody knows', { layers: 1 }, 'INVALID_REQUEST', 'layers'],
    ['too loud', { audio: { volumes: { a: 201 } } }, 'INVALID_REQUEST', 'audio.volumes.a'],
    ['no colour', { canvas: { background: { color: 'red' } } }, 'INVALID_REQUEST', 'canvas.background.color'],
    [
      'a picture by file',
      { canvas: { background: { image: 'file:///etc/passwd' } } },
      'INVALID_REQUEST',
      'canvas.background.image',
    ],
    [
      'no placeholder image',
      { layout: { mode: 'tile', style: { placeholder: 'image' } } },
      'INVALID_REQUEST',
      'layout.style.placeholderImage',
    ],
    [
      'a zone nobody knows',
      { overlays: { timestamp: { zone: 'Mars/Base' } } },
      'INVALID_REQUEST',
      'overlays.timestamp.zone',
    ],
    [
      'a watermark outside',
      { overlays: { watermarks: [{ image: 'asset:a', x: 1200, y: 0, width: 100, height: 10 }] } },
      'LAYOUT_OUTSIDE_CANVAS',
      'overlays.watermarks.0',
    ],
    [
      'text outside',
      { overlays: { texts: [{ text: 'hi', x: 1280, y: 0 }] } },
      'LAYOUT_OUTSIDE_CANVAS',
      'overlays.texts.0',
    ],
    [
      'one stream in two cells',
      custom(cell(0, 0, { streamId: 'a' }), cell(320, 0, { streamId: 'a' })),
      'INVALID_REQUEST',
      'layout.cells.1.streamId',
    ],
    ['nothing', null, 'INVALID_REQUEST', ''],
    ['a list', [], 'INVALID_REQUEST', ''],
  ])('for %s', (_, body, code, field) => {
    expect(problemOf(parseMixRequest(body))).toEqual([code, field]);
  });

  it('for overlaps on one layer, named, and not for those on two', () => {
    expect(problemOf(parseMixRequest(custom(cell(0, 0), cell(318, 0))))).toEqual(['LAYOUT_OVERLAP', [0, 1]]);
    expect(problemOf(parseMixRequest(custom(cell(0, 0), cell(318, 0, { layer: 1 }))))).toEqual(['accepted']);
    expect(problemOf(parseMixRequest(custom(cell(0, 0), cell(320, 0), cell(0, 180))))).toEqual(['accepted']);
  });

  it('for two whiteboards', () => {
    const board = { kind: 'whiteboard' } as const;

    expect(problemOf(parseMixRequest(custom(cell(0, 0, board), cell(320, 0), cell(640, 0, board))))).toEqual([
      'LAYOUT_TWO_WHITEBOARDS',
      [0, 2],
    ]);
  });

  it('for ten thousand tiles, or more than the server allows', () => {
    const body = custom(...Array.from({ length: 10_000 }, () => ({ nonsense: true })));

    expect(parseMixRequest(body)).toMatchObject({
      code: 'LAYOUT_TOO_MANY_TILES',
      details: { tiles: 10_000, tilesMax: 49 },
    });
    expect(parseMixRequest({ layout: { mode: 'tile', tilesMax: 50 } })).toMatchObject({
      code: 'LAYOUT_TOO_MANY_TILES',
    });
    expect(parseMixRequest({ layout: { mode: 'tile', tilesMax: 50 } }, { tilesMax: 64 })).toMatchObject({
      layout: { tilesMax: 50 },
    });
  });

  it('and never crashes the reader, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (a, b) => {
        for (const body of [a, { layout: a, canvas: b }, { layout: { mode: 'custom', cells: a }, overlays: b }]) {
          expect(typeof parseMixRequest(body)).toBe('object');
          expect(typeof changeMix(settingsOf({}), body)).toBe('object');
        }
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

describe('a change while the mix runs', () => {
  const running = settingsOf({ canvas: { width: 640, height: 480, quality: 20 }, overlays: { labels: {} } });

  it('replaces the parts it names and leaves the others', () => {
    const next = changeMix(running, { layout: { mode: 'speaker' } });

    expect(next).toEqual({ ...running, layout: { mode: 'speaker', tilesMax: 49 } });
  });

  it('changes fields of the canvas one by one, but not its size or frame rate', () => {
    expect(changeMix(running, { canvas: { background: { color: '#ffffff' } } })).toMatchObject({
      canvas: { width: 640, quality: 20, background: { color: '#ffffff' } },
    });
    expect(changeMix(running, { canvas: { bitrate: 800_000 } })).toEqual({
      ...running,
      canvas: { width: 640, height: 480, fps: 30, bitrate: 800_000 },
    });
    expect(problemOf(changeMix(running, { canvas: { fps: 25 } }))).toEqual(['INVALID_REQUEST', 'canvas.fps']);
    expect(problemOf(changeMix(running, { canvas: null }))).toEqual(['INVALID_REQUEST', 'canvas']);
  });

  it('is checked like a request', () => {
    expect(problemOf(changeMix(running, custom(cell(480, 0))))).toEqual(['LAYOUT_OUTSIDE_CANVAS', 'layout.cells.0']);
  });
});

describe('streams that are named but not there', () => {
  it('are accepted and reported as waited for', () => {
    const settings = settingsOf({
      layout: { mode: 'custom', cells: [cell(0, 0, { streamId: 'a' }), cell(320, 0, { streamId: '' }), cell(640, 0)] },
      audio: { volumes: { b: 50, c: 20 } },
    });

    expect(waitingStreams(settings, new Set(['c']))).toEqual(['a', 'b']);
  });
});
