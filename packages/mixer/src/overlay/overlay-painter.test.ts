import type { MixOverlays, MixSettings } from '@roomtape/api';
import { createSystemClock, unixUs } from '@roomtape/media';
import { describe, expect, it } from 'vitest';
import type { MixInput, Tile } from '../layout/tile.ts';
import { assetError } from './asset-error.ts';
import { AssetLoader } from './asset-loader.ts';
import type { Bitmap } from './bitmap.ts';
import { loadEasel } from './easel.ts';
import { createOverlayPainter } from './overlay-painter.ts';

const HD = { width: 1280, height: 720 };
const at = unixUs(Date.UTC(2026, 10, 22, 16, 5, 9, 250) * 1000);
const assets = new AssetLoader({ clock: createSystemClock() });
const tileOf = (more: Partial<Tile>): Tile => ({
  inputId: 'ada',
  rect: { x: 640, y: 360, width: 320, height: 180 },
  layer: 3,
  fit: 'fill',
  cornerRadius: 0,
  placeholder: 'last-frame',
  blurPadding: false,
  ...more,
});
const ada: MixInput = {
  inputId: 'ada',
  streamId: 'ada-cam',
  userId: 'u1',
  userName: 'Ada Lovelace',
  joinedOrder: 1,
  kind: 'camera',
  hasVideo: true,
  hasAudio: true,
  isMuted: false,
};
const settingsOf = (overlays: MixOverlays, more: Partial<MixSettings> = {}): MixSettings => ({
  layout: { mode: 'tile' },
  canvas: { ...HD, fps: 30 },
  audio: { channels: 1, bitrate: 64_000, volumes: {}, soundWave: false },
  overlays,
  ...more,
});
/** A picture as users give it: left half red, right half blue and half see-through. */
const HALVES =
  'data:image/svg+xml,<svg width="40" height="20"><rect width="20" height="20" fill="red"/><rect x="20" width="20" height="20" fill="blue" fill-opacity=".5"/></svg>'.replaceAll(
    '#',
    '%23',
  );

function pixel(bitmap: Bitmap | undefined, x: number, y: number): number[] {
  const start = (y * (bitmap?.width ?? 0) + x) * 4;
  return [...(bitmap?.rgba.subarray(start, start + 4) ?? [])];
}

/** How many pixels are (nearly) of a colour. */
function count(bitmap: Bitmap, [r, g, b]: readonly [number, number, number]): number {
  let found = 0;
  for (let i = 0; i < bitmap.rgba.length; i += 4) {
    const distance =
      Math.abs((bitmap.rgba[i] ?? 0) - r) +
      Math.abs((bitmap.rgba[i + 1] ?? 0) - g) +
      Math.abs((bitmap.rgba[i + 2] ?? 0) - b);
    if ((bitmap.rgba[i + 3] ?? 0) > 200 && distance < 30) found += 1;
  }
  return found;
}

describe('a label', () => {
  it.each(['Ada Lovelace', '李小龍', 'さくら', 'Jürgen Groß', 'Ελένη', 'Наташа'])('writes %s', async (text) => {
    const painter = await createOverlayPainter({ pictures: assets });
    const [label] = painter.marks(tileOf({ label: { text, style: { color: '#ffee00', fontSize: 24 } } }));

    expect(label && count(label.bitmap, [255, 238, 0])).toBeGreaterThan(60);
  });

  it('draws each character as itself, not as the box of one that is missing', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const pixels = ['中', '国', '議', 'あ', 'é'].map((text) => {
      const [label] = painter.marks(tileOf({ label: { text, style: { fontSize: 40 } } }));
      return Buffer.from(label?.bitmap.rgba ?? []).toString('base64');
    });

    expect(new Set(pixels).size).toBe(5);
  });

  it('stands in its corner of the tile, on even pixels, on the tile’s layer', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const placesOf = (place: 'top-left' | 'bottom-right'): unknown => {
      const [label] = painter.marks(tileOf({ label: { text: 'Ada', style: { place } } }));
      const right = label && 960 - label.x - label.bitmap.width;
      const bottom = label && 540 - label.y - label.bitmap.height;
      return { x: label && label.x - 640, y: label && label.y - 360, right, bottom, layer: label?.layer };
    };

    expect(placesOf('top-left')).toMatchObject({ x: 4, y: 4, layer: 3 });
    expect(placesOf('bottom-right')).toMatchObject({ right: 6, bottom: 6, layer: 3 });
  });

  it('is never wider than its tile: a long text ends with an ellipsis, a tiny tile has none', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const label = { text: 'W'.repeat(300), style: { fontSize: 30 } };
    const [long] = painter.marks(tileOf({ label }));

    expect(long?.bitmap.width).toBeLessThanOrEqual(320 - 8);
    expect(painter.marks(tileOf({ label, rect: { x: 0, y: 0, width: 16, height: 10 } }))).toEqual([]);
  });

  it('is drawn once, however often it is asked for', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const tile = tileOf({ label: { text: 'Ada', style: {} } });
    const [first] = painter.marks(tile);
    const [again] = painter.marks(tile);

    expect(again?.bitmap).toBe(first?.bitmap);
    expect(painter.describe().bitmaps).toBe(1);
  });

  it('has an outline and a background of its own, or none', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const style = { outlineColor: '#ff0000', backgroundColor: '#00ff00', backgroundOpacity: 1 };
    const [loud] = painter.marks(tileOf({ label: { text: 'Ada', style } }));
    const [bare] = painter.marks(tileOf({ label: { text: 'Ada', style: { backgroundOpacity: 0 } } }));

    expect(loud && count(loud.bitmap, [255, 0, 0])).toBeGreaterThan(20);
    expect(loud && count(loud.bitmap, [0, 255, 0])).toBeGreaterThan(100);
    expect(pixel(bare?.bitmap, 1, 1)[3]).toBe(0);
  });
});

describe('a mute icon', () => {
  it('is in its corner, and beside the label where both want the same', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const label = { text: 'Ada', style: { place: 'top-right' as const } };
    const [alone] = painter.marks(tileOf({ muteIcon: { size: 24 } }));
    const [text, icon] = painter.marks(tileOf({ label, muteIcon: { size: 24 } }));

    expect(alone).toMatchObject({ x: 960 - 24 - 6, y: 364, bitmap: { width: 24, height: 24 } });
    expect(icon?.y).toBeGreaterThanOrEqual((text?.y ?? 0) + (text?.bitmap.height ?? 0));
    expect((icon?.y ?? 1) % 2).toBe(0);
    expect(alone && count(alone.bitmap, [255, 77, 79])).toBeGreaterThan(20);
  });
});

describe('a placeholder', () => {
  it('is initials on the colour of the user, the same whenever it is drawn', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const tile = tileOf({ placeholder: 'avatar' });
    const avatar = painter.placeholder(tile, ada);
    const other = painter.placeholder(tile, { ...ada, userId: 'u2' });

    expect(avatar?.bitmap).toMatchObject({ width: 108, height: 108 });
    expect(avatar?.color).toMatch(/^#[0-9a-f]{6}$/);
    expect(other?.color).not.toBe(avatar?.color);
    expect(avatar?.bitmap && count(avatar.bitmap, [255, 255, 255])).toBeGreaterThan(100);
    expect(pixel(avatar?.bitmap, 0, 0)[3]).toBe(0);
  });

  it('is left to the compositor for the last frame, and is a colour where that is asked for', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const colored = tileOf({ placeholder: 'color', placeholderBackground: { color: '#123456' } });

    expect(painter.placeholder(tileOf({}), ada)).toBeUndefined();
    expect(painter.placeholder(colored, ada)).toEqual({ key: 'color #123456', color: '#123456' });
    expect(painter.placeholder(tileOf({ placeholder: 'color' }), ada)?.color).toBe('#000000');
  });
});

describe('pictures users refer to', () => {
  it('appear when they are loaded: stretched, fitted or cropped, see-through where they are', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const canvas = { width: 80, height: 80, fps: 30, background: { color: '#00ff00', image: HALVES } };
    const before = painter.canvasBackground(canvas);

    expect(await painter.prepare(settingsOf({}, { canvas }))).toEqual([]);
    const after = painter.canvasBackground(canvas);
    const fitted = painter.canvasBackground({ ...canvas, background: { image: HALVES, imageFit: 'fit' } }).bitmap;
    const filled = painter.canvasBackground({ ...canvas, background: { image: HALVES, imageFit: 'fill' } }).bitmap;

    expect(before).toEqual({ key: 'color #00ff00', color: '#00ff00' });
    expect(after.key).not.toBe(before.key);
    expect([after.color, pixel(after.bitmap, 10, 2), pixel(after.bitmap, 70, 77)]).toEqual([
      '#00ff00',
      [255, 0, 0, 255],
      [0, 0, 255, 128],
    ]);
    expect([pixel(fitted, 10, 10)[3], pixel(fitted, 10, 40)]).toEqual([0, [255, 0, 0, 255]]);
    expect([pixel(filled, 30, 2), pixel(filled, 50, 78)]).toEqual([
      [255, 0, 0, 255],
      [0, 0, 255, 128],
    ]);
  });

  it('that cannot be had are reported, and nothing else is missing', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const overlays: MixOverlays = {
      watermarks: [
        { image: 'http://127.0.0.1/secret.png', x: 0, y: 0, width: 20, height: 20 },
        { image: HALVES, x: 100, y: 50, width: 40, height: 20, opacity: 0.5 },
        { image: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAAA=', x: 0, y: 40, width: 20, height: 20 },
      ],
    };
    const problems = await painter.prepare(settingsOf(overlays));
    const placed = painter.overCanvas({ overlays, canvas: HD, at });

    expect(problems.map(({ ref, error }) => [ref.slice(0, 22), error.code]).sort()).toEqual([
      ['data:image/png;base64,', 'ASSET_UNSUPPORTED'],
      ['http://127.0.0.1/secre', 'ASSET_BLOCKED'],
    ]);
    expect(placed.map(({ x, y }) => [x, y])).toEqual([[100, 50]]);
    expect(pixel(placed[0]?.bitmap, 5, 5)).toEqual([255, 0, 0, 128]);
  });

  it('are fetched once, and again only when trying can help', async () => {
    const asked: string[] = [];
    const pictures = {
      load: async (ref: string) => {
        asked.push(ref);
        if (ref === 'asset:slow' && asked.length > 3) return assets.load(HALVES);
        throw assetError(ref === 'asset:slow' ? 'ASSET_UNREACHABLE' : 'ASSET_NOT_FOUND', 'not today');
      },
    };
    const painter = await createOverlayPainter({ pictures });
    const place = { x: 0, y: 0, width: 20, height: 20 };
    const settings = settingsOf({
      watermarks: ['asset:slow', 'asset:gone', 'asset:slow'].map((image) => ({ image, ...place })),
    });
    const codes = async () => (await painter.prepare(settings)).map(({ error }) => error.code).sort();

    expect(await codes()).toEqual(['ASSET_NOT_FOUND', 'ASSET_UNREACHABLE']);
    expect(await codes()).toEqual(['ASSET_NOT_FOUND', 'ASSET_UNREACHABLE']);
    expect(await codes()).toEqual(['ASSET_NOT_FOUND']);
    expect(asked).toEqual(['asset:slow', 'asset:gone', 'asset:slow', 'asset:slow']);
    expect(painter.overCanvas({ overlays: settings.overlays, canvas: HD, at })).toHaveLength(2);
  });

  it('are kept no larger than a canvas', async () => {
    const easel = await loadEasel();
    const large = easel.surface({ width: 4000, height: 1000 });
    large.context.fillStyle = '#ff0000';
    large.context.fillRect(0, 0, 2000, 1000);
    const image = `data:image/png;base64,${Buffer.from(large.png()).toString('base64')}`;
    const painter = await createOverlayPainter({ pictures: assets });
    const canvas = { width: 64, height: 64, fps: 30, background: { image } };

    await painter.prepare(settingsOf({}, { canvas }));
    const { bitmap } = painter.canvasBackground(canvas);

    expect([pixel(bitmap, 20, 32), pixel(bitmap, 44, 32)]).toEqual([
      [255, 0, 0, 255],
      [0, 0, 0, 0],
    ]);
  });
});

describe('what stands over the canvas', () => {
  it('is the same array until something changes, then only the time is drawn again', async () => {
    const painter = await createOverlayPainter({ pictures: assets });
    const overlays: MixOverlays = { texts: [{ text: '直播', x: 31, y: 41 }], timestamp: { zone: 'Asia/Shanghai' } };
    const first = painter.overCanvas({ overlays, canvas: HD, at });
    const sameSecond = painter.overCanvas({ overlays, canvas: HD, at: unixUs(at + 700_000) });
    const nextSecond = painter.overCanvas({ overlays, canvas: HD, at: unixUs(at + 1_000_000) });

    expect(sameSecond).toBe(first);
    expect(nextSecond.map(({ bitmap }, i) => bitmap === first[i]?.bitmap)).toEqual([true, false]);
    expect(first.map(({ x, y, bitmap }) => (x + y + bitmap.width + bitmap.height) % 2)).toEqual([0, 0]);
    expect(first[0]).toMatchObject({ x: 30, y: 40 });
    expect(first[1] && first[1].x + first[1].bitmap.width).toBe(1280 - 12);
  });

  it('keeps no more bitmaps than it may', async () => {
    const painter = await createOverlayPainter({ pictures: assets, cacheBytesMax: 100_000 });
    const overlays: MixOverlays = { timestamp: {} };
    for (let s = 0; s < 50; s += 1) painter.overCanvas({ overlays, canvas: HD, at: unixUs(at + s * 1_000_000) });

    expect(painter.describe().bytes).toBeLessThanOrEqual(100_000);
    expect(painter.describe().bitmaps).toBeGreaterThan(0);
  });
});
