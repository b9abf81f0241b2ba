// Draws the pictures of docs/layouts.md with the product's own layout and overlay code: `node scripts/draw-layouts.ts`.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMixProblem, type LayoutMode, type MixSettings, parseMixRequest } from '@roomtape/api';
import { createSystemClock, unixUs } from '@roomtape/media';
import {
  AssetLoader,
  type Bitmap,
  createOverlayPainter,
  type Drawing,
  layOut,
  layoutOf,
  loadEasel,
  type MixInput,
  type OverlayPainter,
  type PlacedBitmap,
  type Rect,
  type Size,
} from '@roomtape/mixer';

type Panel = {
  readonly caption: string;
  readonly canvas: Size;
  readonly request: Record<string, unknown>;
  readonly inputs: readonly MixInput[];
};
type Sheet = { readonly name: string; readonly columns: number; readonly panels: readonly Panel[] };

const FOLDER = join(import.meta.dirname, '../docs/images/layouts');
const LANDSCAPE = { width: 256, height: 144 };
const PORTRAIT = { width: 108, height: 192 };
const GAP = 12;
const CAPTION_HEIGHT = 22;
const AT = unixUs(Date.UTC(2026, 10, 22, 8, 30, 5) * 1000);
const LOGO = `data:image/svg+xml,${encodeURIComponent('<svg viewBox="0 0 120 40"><rect width="120" height="40" rx="8" fill="#ffffff" fill-opacity=".85"/><circle cx="22" cy="20" r="10" fill="#e5484d"/><circle cx="22" cy="20" r="4" fill="#ffffff"/><rect x="42" y="12" width="66" height="6" rx="3" fill="#1f2937"/><rect x="42" y="22" width="44" height="6" rx="3" fill="#6b7280"/></svg>')}`;

const easel = await loadEasel();
mkdirSync(FOLDER, { recursive: true });
for (const sheet of sheets()) {
  const png = await drawSheet(sheet);
  writeFileSync(join(FOLDER, `${sheet.name}.png`), png);
  process.stdout.write(`${sheet.name}.png ${png.length} bytes\n`);
}

function sheets(): Sheet[] {
  const counted = (mode: LayoutMode, counts: readonly number[]): Sheet => ({
    name: mode,
    columns: 3,
    panels: counts.map((count) => panel(mode, count)),
  });
  const portraitModes = ['tile', 'gallery', 'horizontal', 'vertical', 'floating', 'speaker', 'presentation'] as const;
  return [
    counted('tile', [1, 2, 3, 5, 9, 12, 16, 25, 49]),
    counted('horizontal', [1, 5, 9, 17, 25, 49]),
    counted('vertical', [1, 5, 9, 17, 25, 49]),
    counted('floating', [1, 5, 9, 17, 25, 49]),
    counted('gallery', [1, 2, 3, 5, 7, 10, 16, 25, 49]),
    counted('speaker', [1, 2, 6, 10, 25, 49]),
    counted('presentation', [2, 4, 6, 10, 25, 49]),
    counted('single', [1, 2, 9]),
    { name: 'custom', columns: 3, panels: customPanels() },
    { name: 'portrait', columns: 7, panels: portraitModes.map((mode) => panel(mode, 6, PORTRAIT)) },
    { name: 'looks', columns: 1, panels: [looksPanel()] },
  ];
}

function panel(mode: LayoutMode, count: number, canvas: Size = LANDSCAPE): Panel {
  const inputs = people(count).map((input, i) =>
    mode === 'presentation' && i === count - 1 ? { ...input, kind: 'screen' as const, userName: 'Screen' } : input,
  );
  const caption = canvas === LANDSCAPE ? `${count}` : mode;
  return { caption, canvas, request: { layout: { mode } }, inputs };
}

function customPanels(): Panel[] {
  const { width, height } = LANDSCAPE;
  const pip = [
    { x: 0, y: 0, width, height },
    { x: 176, y: 88, width: 72, height: 48, layer: 1 },
  ];
  const interview = [
    { x: 8, y: 24, width: 116, height: 96, streamId: 's3' },
    { x: 132, y: 24, width: 116, height: 96 },
  ];
  const waiting = [
    { x: 0, y: 0, width: 160, height, streamId: 'late', background: { color: '#334155' } },
    { x: 168, y: 8, width: 80, height: 60 },
    { x: 168, y: 76, width: 80, height: 60 },
  ];
  const style = { cornerRadius: 8, border: { width: 2, color: '#ffffff' } };
  const request = (cells: unknown[], background = '#000000') => ({
    layout: { mode: 'custom', cells, style },
    canvas: { background: { color: background } },
  });
  return [
    { caption: 'picture in picture', canvas: LANDSCAPE, request: request(pip), inputs: people(2) },
    {
      caption: 's3 is named, the next to join',
      canvas: LANDSCAPE,
      request: request(interview, '#3b2f5c'),
      inputs: people(3),
    },
    { caption: 'a named stream is awaited', canvas: LANDSCAPE, request: request(waiting), inputs: people(2) },
  ];
}

function looksPanel(): Panel {
  const names = ['Ada Lovelace', '李小龍', 'さくら', 'Jürgen Groß'];
  const inputs = people(4).map((input, i) => ({ ...input, userName: names[i] ?? '', isMuted: i === 1 }));
  const request = {
    layout: { mode: 'gallery', gap: 12, style: { cornerRadius: 16, border: { width: 2, color: '#e2e8f0' } } },
    canvas: { background: { color: '#1e293b' } },
    overlays: {
      labels: { text: '{userName}', fontSize: 20 },
      muteIcon: { size: 32 },
      watermarks: [{ image: LOGO, x: 504, y: 306, width: 120, height: 40 }],
      timestamp: { zone: 'Asia/Shanghai', place: 'top-left', fontSize: 16 },
    },
  };
  return {
    caption: 'corners, border, gap, labels, mute icon, watermark, time',
    canvas: { width: 640, height: 360 },
    request,
    inputs,
  };
}

function people(count: number): MixInput[] {
  return Array.from({ length: count }, (_, i) => ({
    inputId: `p${i + 1}`,
    streamId: `s${i + 1}`,
    userId: `person ${i + 1}`,
    // Two words, so that both digits are initials.
    userName: [...`${i + 1}`].join(' '),
    joinedOrder: i + 1,
    kind: 'camera' as const,
    hasVideo: true,
    hasAudio: true,
    isMuted: false,
  }));
}

async function drawSheet({ panels, columns }: Sheet): Promise<Uint8Array> {
  const { width, height } = panels[0]?.canvas ?? LANDSCAPE;
  const across = Math.min(columns, panels.length);
  const cell = { width: width + GAP, height: height + CAPTION_HEIGHT + GAP };
  const size = { width: across * cell.width + GAP, height: Math.ceil(panels.length / across) * cell.height + GAP };
  const { context, png } = easel.surface(size);
  context.fillStyle = '#f1f5f9';
  context.fillRect(0, 0, size.width, size.height);
  for (const [i, panel] of panels.entries()) {
    const x = GAP + (i % across) * cell.width;
    const y = GAP + Math.floor(i / across) * cell.height;
    context.fillStyle = '#0f172a';
    context.font = '14px "Roomtape Sans"';
    context.fillText(panel.caption, x, y + 14);
    context.drawImage(await drawPanel(panel), x, y + CAPTION_HEIGHT);
  }
  return png();
}

async function drawPanel(panel: Panel) {
  const settings = settingsOf(panel);
  const painter = await createOverlayPainter({ pictures: new AssetLoader({ clock: createSystemClock() }) });
  await painter.prepare(settings);
  const surface = easel.surface(panel.canvas);
  const all = { x: 0, y: 0, ...panel.canvas };
  fill(surface.context, painter.canvasBackground(settings.canvas), all);
  for (const tile of layOut(layoutOf(settings), panel.inputs, panel.canvas)) {
    const input = panel.inputs.find((one) => one.inputId === tile.inputId);
    surface.context.save();
    surface.context.beginPath();
    surface.context.roundRect(tile.rect.x, tile.rect.y, tile.rect.width, tile.rect.height, tile.cornerRadius);
    surface.context.clip();
    fill(surface.context, input ? personDrawing(painter, input, tile.rect) : painter.tileBackground(tile), tile.rect);
    for (const mark of painter.marks(tile)) place(surface.context, mark);
    surface.context.restore();
    outline(surface.context, tile);
  }
  for (const placed of painter.overCanvas({ overlays: settings.overlays, canvas: panel.canvas, at: AT }))
    place(surface.context, placed);
  return surface.drawable;
}

/** Cameras are shown as avatars: they cover their tiles, as pictures would. */
function personDrawing(painter: OverlayPainter, input: MixInput, rect: Rect): Drawing {
  const looks = { layer: 0, fit: 'fill', cornerRadius: 0, blurPadding: false } as const;
  const drawing = painter.placeholder({ inputId: input.inputId, rect, placeholder: 'avatar', ...looks }, input);
  return drawing ?? { key: '' };
}

function settingsOf({ request, canvas }: Panel): MixSettings {
  const result = parseMixRequest({ ...request, canvas: { ...(request.canvas as object | undefined), ...canvas } });
  if (isMixProblem(result)) throw new Error(result.message);
  return result;
}

type Context = ReturnType<typeof easel.surface>['context'];

function fill(context: Context, { color, bitmap }: Drawing, rect: Rect): void {
  if (color !== undefined) {
    context.fillStyle = color;
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
  }
  if (bitmap === undefined) return;
  const x = rect.x + (rect.width - bitmap.width) / 2;
  place(context, { bitmap, x, y: rect.y + (rect.height - bitmap.height) / 2 });
}

function outline(
  context: Context,
  tile: { rect: Rect; cornerRadius: number; border?: { width: number; color: string } },
): void {
  const { rect, cornerRadius, border = { width: 1, color: '#0f172a' } } = tile;
  context.strokeStyle = border.color;
  context.lineWidth = border.width;
  context.beginPath();
  const half = border.width / 2;
  context.roundRect(
    rect.x + half,
    rect.y + half,
    rect.width - 2 * half,
    rect.height - 2 * half,
    Math.max(0, cornerRadius - half),
  );
  context.stroke();
}

function place(context: Context, { bitmap, x, y }: Pick<PlacedBitmap, 'x' | 'y'> & { bitmap: Bitmap }): void {
  const layer = easel.surface(bitmap);
  const data = layer.context.createImageData(bitmap.width, bitmap.height);
  data.data.set(bitmap.rgba);
  layer.context.putImageData(data, 0, 0);
  context.drawImage(layer.drawable, x, y);
}
