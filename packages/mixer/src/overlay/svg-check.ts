// What of an SVG picture is drawn: shapes, text, gradients, clips, a few filters, small raster pictures inside it.
// Scripts, foreign content and references to elsewhere are refused; the rest is written anew from what was understood,
// so that the renderer sees nothing else. The work of drawing it is bounded too.

import { readImageHeader } from './image-header.ts';
import { parseSvg, type SvgElement, writeSvg } from './svg-tree.ts';

/** A picture that may be drawn: rewritten text and its own size, px. */
export type SafeSvg = { readonly text: string; readonly width: number; readonly height: number };

/** Why one may not: unsafe or unreadable, or too large. */
export type SvgRefusal = { readonly reason: 'unsupported' | 'too-large'; readonly message: string };

/** What an SVG picture may be. */
export type SvgLimits = { readonly bytesMax: number; readonly sideMax: number; readonly pixelsMax: number };

const DRAWN: ReadonlySet<string> = new Set(
  `svg g defs symbol use path rect circle ellipse line polyline polygon text tspan linearGradient radialGradient stop
  clipPath mask pattern marker image filter feGaussianBlur feOffset feMerge feMergeNode feFlood feComposite feBlend
  feColorMatrix feDropShadow style`.split(/\s+/),
);
const REFUSED: ReadonlySet<string> = new Set(
  'script foreignobject iframe object embed audio video handler listener'.split(' '),
);
/** Wrappers whose children are drawn. */
const GROUPS: ReadonlySet<string> = new Set(['a', 'switch']);
const TEXTS: ReadonlySet<string> = new Set(['text', 'tspan', 'style']);
/**
 * How much may be drawn in the end, reuse counted: an element is 1, what needs a layer of its own more, and so do long
 * outlines. At 1920 px the worst that passes takes some seconds of a thread of its own, once.
 */
const WORK_MAX = 5_000;
const FILTER_WORK = 500;
const DASH_WORK = 250;
const MASK_WORK = 50;
const OPACITY_WORK = 10;
const PAINT_WORK = 5;
/** Characters of an outline that count as an element. */
const OUTLINE_CHARACTERS = 50;
/** Elements inside elements, by nesting and by reference. */
const REFERENCE_DEPTH_MAX = 128;

/** How many elements are drawn for one, and how deep they are nested. */
type Work = { readonly drawn: number; readonly depth: number };

/** Opacity of a whole element; that of its fill or stroke needs no layer. */
const OPACITY = /(?:^|[^\w-])opacity\s*:/i;
const DASHES = /stroke-dasharray\s*:\s*(?!none)/i;
const REFERENCE = /url\s*\(\s*["']?\s*#([^)"']*)/gi;
const UNITS: Readonly<Record<string, number>> = { px: 1, pt: 4 / 3, pc: 16, in: 96, cm: 96 / 2.54, mm: 9.6 / 2.54 };

class Refused extends Error {
  readonly reason: SvgRefusal['reason'];

  constructor(reason: SvgRefusal['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Reads, checks and rewrites an SVG picture. Never throws. */
export function checkSvg(bytes: Uint8Array, limits: SvgLimits): SafeSvg | SvgRefusal {
  try {
    if (bytes.length > limits.bytesMax) throw new Refused('too-large', `larger than ${limits.bytesMax} bytes of SVG`);
    const root = parseSvg(textOf(bytes));
    if ('fault' in root) throw new Refused('unsupported', `not a picture: ${root.fault}`);
    if (localName(root.name) !== 'svg') throw new Refused('unsupported', 'not an SVG picture');
    const size = sizeOf(root, limits);
    const clean = new SvgCleaner(limits).clean(root);
    checkWork(clean);
    return { text: writeSvg(withSize(clean, size)), ...size };
  } catch (error) {
    if (error instanceof Refused) return { reason: error.reason, message: error.message };
    throw error;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refused('unsupported', 'not UTF-8');
  }
}

class SvgCleaner {
  readonly #limits: SvgLimits;
  #pixels = 0;

  constructor(limits: SvgLimits) {
    this.#limits = limits;
  }

  /** Keeps what is drawn, drops what only editors need, refuses what could reach out or run. */
  clean(element: SvgElement): SvgElement {
    const name = localName(element.name);
    const attributes = new Map<string, string>();
    for (const [attribute, value] of element.attributes) {
      const kept = this.#cleanAttribute(name, attribute, value);
      if (kept !== undefined) attributes.set(...kept);
    }
    const children = element.children.flatMap((child) => {
      const childName = localName(child.name);
      if (REFUSED.has(childName.toLowerCase())) throw new Refused('unsupported', `${childName} is not drawn`);
      return isDrawn(child) ? [this.clean(child)] : [];
    });
    const text = TEXTS.has(name) ? element.text : '';
    if (name === 'style') checkStyleSheet(text);
    return { name: GROUPS.has(name) ? 'g' : name, attributes, children, text };
  }

  #cleanAttribute(element: string, attribute: string, value: string): [string, string] | undefined {
    const name = localName(attribute);
    if (/^on/i.test(name)) throw new Refused('unsupported', 'a script in an attribute');
    if (attribute.startsWith('xmlns') || (attribute !== name && name !== 'href')) return undefined;
    if (name.toLowerCase() === 'href') return this.#cleanReference(element, value.trim());
    checkReferences(value);
    return [name, value];
  }

  #cleanReference(element: string, value: string): [string, string] | undefined {
    if (GROUPS.has(element)) return undefined;
    if (value.startsWith('#') && element !== 'image') return ['xlink:href', value];
    const data = /^data:image\/(?:png|jpe?g|webp);base64,([\sA-Za-z0-9+/=]*)$/i.exec(value)?.[1];
    if (element !== 'image' || data === undefined) throw new Refused('unsupported', 'a reference to elsewhere');
    const header = readImageHeader(new Uint8Array(Buffer.from(data, 'base64')));
    if (header === undefined) throw new Refused('unsupported', 'a picture inside it cannot be read');
    this.#pixels += header.width * header.height;
    if (this.#pixels > this.#limits.pixelsMax) throw new Refused('too-large', 'the pictures inside it are too large');
    return ['xlink:href', value];
  }
}

function checkReferences(css: string): void {
  for (const [, target = ''] of css.matchAll(/url\s*\(([^)]*)/gi))
    if (!/^\s*["']?\s*#/.test(target)) throw new Refused('unsupported', 'a reference to elsewhere');
  if (/\\|@import|javascript:|src\s*\(/i.test(css)) throw new Refused('unsupported', 'a reference to elsewhere');
}

/** One rule reaches any number of elements, so what makes layers is refused here; see `checkWork` for the paints. */
function checkStyleSheet(css: string): void {
  checkReferences(css);
  if (/(filter|mask|clip-path|marker[\w-]*|stroke-dash[\w-]*)\s*:/i.test(css))
    throw new Refused('unsupported', 'layers by style sheet');
}

function isDrawn(element: SvgElement): boolean {
  const name = localName(element.name);
  const isOurs = element.name === name || element.name.startsWith('svg:');
  return isOurs && (DRAWN.has(name) || GROUPS.has(name));
}

function localName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** Own size in px: width and height, else the view box, else 300 × 150 as CSS has it. */
function sizeOf(root: SvgElement, { sideMax }: SvgLimits): { width: number; height: number } {
  const box = (root.attributes.get('viewBox') ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const [, , boxWidth = Number.NaN, boxHeight = Number.NaN] = box.length === 4 ? box : [];
  const width = pxOf(root.attributes.get('width')) ?? (boxWidth > 0 ? boxWidth : 300);
  const height = pxOf(root.attributes.get('height')) ?? (boxHeight > 0 ? boxHeight : 150);
  if (!(width > 0 && height > 0)) throw new Refused('unsupported', 'it has no size');
  if (width > sideMax || height > sideMax) throw new Refused('too-large', `wider or higher than ${sideMax} px`);
  return { width, height };
}

function pxOf(length: string | undefined): number | undefined {
  const [, value, unit = 'px'] = /^\s*([\d.]+(?:e[+-]?\d+)?)\s*([a-z]{2})?\s*$/i.exec(length ?? '') ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return value === undefined || factor === undefined ? undefined : Number(value) * factor;
}

/** A view box is given where there is none, so that the picture can be drawn at any size. */
function withSize(root: SvgElement, { width, height }: { width: number; height: number }): SvgElement {
  const attributes = new Map(root.attributes);
  if (!attributes.has('viewBox')) attributes.set('viewBox', `0 0 ${width} ${height}`);
  attributes.set('width', String(width));
  attributes.set('height', String(height));
  attributes.set('xmlns', 'http://www.w3.org/2000/svg');
  attributes.set('xmlns:xlink', 'http://www.w3.org/1999/xlink');
  return { ...root, attributes };
}

/** Follows every reference by id and counts what is drawn in the end; a circle is never drawn. */
function checkWork(root: SvgElement): void {
  const byId = new Map<string, SvgElement>();
  const sheets: SvgElement[] = [];
  const collect = (element: SvgElement): void => {
    if (element.name === 'style') sheets.push(element);
    const id = element.attributes.get('id');
    if (id !== undefined && !byId.has(id)) byId.set(id, element);
    for (const child of element.children) collect(child);
  };
  collect(root);
  const inherited = { isLayered: sheets.some((sheet) => OPACITY.test(sheet.text)), isDashed: handsOnDashes(root) };
  const known = new Map<SvgElement, Work | 'open'>();
  const workOf = (element: SvgElement, above: number): Work => {
    const before = known.get(element);
    if (before === 'open') throw new Refused('unsupported', 'its references go in a circle');
    if (before !== undefined) return before;
    if (above > REFERENCE_DEPTH_MAX) throw new Refused('unsupported', 'its references go too deep');
    known.set(element, 'open');
    const references = referencesOf(element);
    if (element.name === 'style') checkPaints(element, byId);
    const parts = [...references.map((id) => byId.get(id)), ...element.children];
    const sum = { drawn: ownWork(element, inherited), depth: 0 };
    for (const part of parts) {
      if (part === undefined) continue;
      const { drawn, depth } = workOf(part, above + 1);
      sum.drawn += drawn;
      sum.depth = Math.max(sum.depth, depth + 1);
    }
    if (sum.drawn > WORK_MAX) throw new Refused('too-large', 'it takes too much work to draw');
    if (sum.depth > REFERENCE_DEPTH_MAX) throw new Refused('unsupported', 'its references go too deep');
    known.set(element, sum);
    return sum;
  };
  workOf(root, 0);
}

function checkPaints(sheet: SvgElement, byId: ReadonlyMap<string, SvgElement>): void {
  for (const [, id = ''] of sheet.text.matchAll(REFERENCE)) {
    const target = byId.get(id.trim());
    if (target !== undefined && !/^(linear|radial)Gradient$/.test(target.name))
      throw new Refused('unsupported', 'patterns by style sheet');
  }
}

/** Whether something dashed has parts that are dashed with it. */
function handsOnDashes(element: SvgElement): boolean {
  const hasParts = element.children.length > 0 || element.name === 'use';
  return (hasParts && DASHES.test(looksOf(element))) || element.children.some(handsOnDashes);
}

function ownWork(element: SvgElement, inherited: { isLayered: boolean; isDashed: boolean }): number {
  const isFilter = element.name.startsWith('fe') && element.name !== 'feMergeNode';
  const looks = looksOf(element);
  const isMasked = /(mask|clip-path)\s*:/i.test(looks);
  const isLayer = inherited.isLayered || OPACITY.test(looks);
  const dashes = inherited.isDashed || DASHES.test(looks) ? DASH_WORK : 0;
  const outline = (element.attributes.get('d') ?? element.attributes.get('points') ?? '').length / OUTLINE_CHARACTERS;
  const paints = dashes + outline + PAINT_WORK * (looks.match(REFERENCE)?.length ?? 0);
  return 1 + paints + (isFilter ? FILTER_WORK : 0) + (isMasked ? MASK_WORK : 0) + (isLayer ? OPACITY_WORK : 0);
}

/** Attributes as they would stand in a style. */
function looksOf(element: SvgElement): string {
  return [...element.attributes].map(([name, value]) => (name === 'style' ? value : `${name}:${value}`)).join(';');
}

/** Ids of what an element draws besides its children. */
function referencesOf(element: SvgElement): string[] {
  return [...element.attributes].flatMap(([name, value]) => {
    if (name === 'xlink:href') return value.startsWith('#') ? [value.slice(1)] : [];
    return Array.from(value.matchAll(REFERENCE), ([, id = '']) => id.trim());
  });
}
