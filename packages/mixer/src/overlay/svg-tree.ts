// Reads the XML of an SVG picture into a small tree and writes it again. Knows neither entities of its own nor
// external ones, and stops at limits of depth and number; what it cannot read, nobody is shown.

/** One element; text of elements is kept in `text`, nothing in the subset needs mixed content. */
export type SvgElement = {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly SvgElement[];
  readonly text: string;
};

/** Why a text is not a picture we read. */
export type SvgFault = { readonly fault: string };

const DEPTH_MAX = 64;
const ELEMENTS_MAX = 20_000;
const ATTRIBUTES_MAX = 100;
const NAME = /[A-Za-z_][\w.:-]*/y;
const ATTRIBUTE = /\s+([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /\s*(\/?)>/y;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Parses one document; returns its root element, or why it is refused. Never throws. */
export function parseSvg(text: string): SvgElement | SvgFault {
  try {
    return new SvgReader(text).read();
  } catch (error) {
    if (error instanceof SvgSyntax) return { fault: error.message };
    throw error;
  }
}

/** Writes an element and everything below it. */
export function writeSvg(element: SvgElement): string {
  const attributes = [...element.attributes].map(([name, value]) => ` ${name}="${escapeXml(value)}"`).join('');
  const inside = escapeXml(element.text) + element.children.map(writeSvg).join('');
  return `<${element.name}${attributes}>${inside}</${element.name}>`;
}

class SvgSyntax extends Error {}

type OpenElement = { name: string; attributes: Map<string, string>; children: SvgElement[]; text: string };

class SvgReader {
  readonly #text: string;
  readonly #open: OpenElement[] = [];
  #at = 0;
  #elements = 0;
  #root: SvgElement | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  read(): SvgElement {
    while (this.#at < this.#text.length) this.#readNext();
    if (this.#root === undefined || this.#open.length > 0) throw new SvgSyntax('it ends before its end tag');
    return this.#root;
  }

  #readNext(): void {
    const text = this.#text;
    const start = text.indexOf('<', this.#at);
    this.#addText(decodeXml(text.slice(this.#at, start === -1 ? undefined : start)));
    this.#at = start === -1 ? text.length : start;
    if (start === -1) return;
    if (text.startsWith('<!--', start)) this.#skipTo('-->');
    else if (text.startsWith('<![CDATA[', start)) this.#addText(this.#skipTo(']]>').slice(9));
    else if (text.startsWith('<?', start)) this.#readInstruction();
    else if (text.startsWith('<!', start)) this.#readDoctype();
    else if (text.startsWith('</', start)) this.#readEndTag();
    else this.#readStartTag();
  }

  #addText(text: string): void {
    const top = this.#open.at(-1);
    if (top !== undefined) top.text += text;
    else if (text.trim() !== '' && text !== '\ufeff') throw new SvgSyntax('text stands outside the picture');
  }

  #skipTo(end: string): string {
    const stop = this.#text.indexOf(end, this.#at);
    if (stop === -1) throw new SvgSyntax(`${end} is missing`);
    const skipped = this.#text.slice(this.#at, stop);
    this.#at = stop + end.length;
    return skipped;
  }

  /** The declaration may name UTF-8 only: another reader would see another document. */
  #readInstruction(): void {
    const instruction = this.#skipTo('?>');
    if (/^<\?xml-/i.test(instruction)) throw new SvgSyntax('it refers to a style sheet');
    const encoding = /encoding\s*=\s*["']([^"']*)/i.exec(instruction)?.[1];
    if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding)) throw new SvgSyntax('it is not UTF-8');
  }

  #readDoctype(): void {
    const doctype = this.#skipTo('>');
    if (!/^<!DOCTYPE\s/i.test(doctype) || doctype.includes('[')) throw new SvgSyntax('it declares entities');
  }

  #readStartTag(): void {
    this.#at += 1;
    const name = this.#match(NAME)?.[0];
    if (name === undefined) throw new SvgSyntax('a tag has no name');
    const attributes = new Map<string, string>();
    for (let found = this.#match(ATTRIBUTE); found !== null; found = this.#match(ATTRIBUTE)) {
      const [, attribute = '', double, single = ''] = found;
      if (attributes.has(attribute)) throw new SvgSyntax('an attribute stands twice');
      attributes.set(attribute, decodeXml(double ?? single));
      if (attributes.size > ATTRIBUTES_MAX) throw new SvgSyntax(`more than ${ATTRIBUTES_MAX} attributes`);
    }
    const end = this.#match(TAG_END);
    if (end === null) throw new SvgSyntax('a tag is not closed');
    this.#start({ name, attributes, children: [], text: '' });
    if (end[1] === '/') this.#finish();
  }

  #readEndTag(): void {
    const name = this.#skipTo('>').slice(2).trim();
    if (this.#open.at(-1)?.name !== name) throw new SvgSyntax('tags are not nested');
    this.#finish();
  }

  #start(element: OpenElement): void {
    this.#elements += 1;
    if (this.#root !== undefined) throw new SvgSyntax('it has two roots');
    if (this.#elements > ELEMENTS_MAX) throw new SvgSyntax(`more than ${ELEMENTS_MAX} elements`);
    if (this.#open.length >= DEPTH_MAX) throw new SvgSyntax(`nested deeper than ${DEPTH_MAX}`);
    this.#open.push(element);
  }

  #finish(): void {
    const element = this.#open.pop();
    const parent = this.#open.at(-1);
    if (parent !== undefined && element !== undefined) parent.children.push(element);
    else this.#root = element;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }
}

function decodeXml(text: string): string {
  return text.includes('&') ? text.replaceAll(/&(?:#\d{1,7}|#x[\da-fA-F]{1,6}|\w*);?/g, decodeEntity) : text;
}

function decodeEntity(entity: string): string {
  const [, decimal, hex, name = ''] = /^&(?:#(\d+)|#x([\da-fA-F]+)|(\w+));$/.exec(entity) ?? [];
  if (Object.hasOwn(ENTITIES, name)) return ENTITIES[name] ?? '';
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  const isCode = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000);
  if (!isCode) throw new SvgSyntax('it uses an entity nobody knows');
  return String.fromCodePoint(code);
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(CONTROL, ' ');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what XML forbids
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
