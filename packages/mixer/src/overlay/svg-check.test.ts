import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSvg } from './svg-check.ts';
import { parseSvg, writeSvg } from './svg-tree.ts';

const LIMITS = { bytesMax: 100_500, sideMax: 4096, pixelsMax: 1_000_000 };
const check = (text: string) => checkSvg(new TextEncoder().encode(text), LIMITS);
const svg = (inside: string, attributes = ''): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${inside}</svg>`;
const textOf = (text: string): string => {
  const result = check(text);
  return 'reason' in result ? `${result.reason}: ${result.message}` : result.text;
};

describe('an SVG picture', () => {
  it('is written anew: what is drawn stays, what only editors need goes', () => {
    const source = `<?xml version="1.0" encoding="UTF-8"?><!-- by hand --><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">
      ${svg('<metadata><x/></metadata><sodipodi:view a="1"/><g id="a" fill="url(#g)"><rect width="4" height="2"/></g><a href="https://example.com"><text>1 &lt; 2 &#x4e2d;</text></a>', 'width="40" height="20" inkscape:version="1"')}`;

    expect(textOf(source)).toBe(
      '<svg width="40" height="20" viewBox="0 0 40 20" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">' +
        '<g id="a" fill="url(#g)"><rect width="4" height="2"></rect></g><g><text>1 &lt; 2 中</text></g></svg>',
    );
  });

  it.each([
    ['width="40" height="20"', 40, 20],
    ['width="30mm" height="1in"', 113, 96],
    ['viewBox="0 0 64 32"', 64, 32],
    ['width="100%" height="100%" viewBox="0,0,64,32"', 64, 32],
    ['', 300, 150],
  ])('with %s has its own size', (attributes, width, height) => {
    const result = check(svg('', attributes));

    expect('reason' in result ? result : [Math.round(result.width), Math.round(result.height)]).toEqual([
      width,
      height,
    ]);
  });

  it('may have a style sheet that reaches nowhere', () => {
    const sheet = '.a { fill: url(#g); stroke: #123 } g > rect { opacity: .5 }';

    expect(textOf(svg(`<style>${sheet}</style><linearGradient id="g"/>`))).toContain('g &gt; rect { opacity: .5 }');
  });

  it('may hold small raster pictures', () => {
    expect(textOf(svg(`<image width="9" height="9" xlink:href="data:image/png;base64,${png(10, 10)}"/>`))).toContain(
      'data:image/png;base64,',
    );
  });
});

describe('a hostile SVG picture is refused', () => {
  it.each([
    ['a script', svg('<script>alert(1)</script>')],
    ['a script deep inside', svg('<g><g><SCRIPT/></g></g>')],
    ['a script under a prefix', svg('<svg:script/>')],
    ['an event handler', svg('<rect onload="x()"/>')],
    ['a javascript address', svg('<rect style="fill:javascript:x"/>')],
    ['foreign content', svg('<foreignObject><p/></foreignObject>')],
    ['a picture from the web', svg('<image href="http://169.254.169.254/"/>')],
    ['a picture from a file', svg('<image xlink:href="file:///etc/passwd"/>')],
    ['a picture from a file, disguised', svg('<image xlink:href="&#102;ile:///etc/passwd"/>')],
    ['an SVG picture inside', svg('<image href="data:image/svg+xml;base64,AAAA"/>')],
    ['another prefix for href', svg('<image y:href="//evil/x.png"/>')],
    ['a use of another file', svg('<use href="other.svg#a"/>')],
    ['a paint from elsewhere', svg('<rect fill="url(http://evil/x.svg#a)"/>')],
    ['a paint from elsewhere, quoted', svg(`<rect style='fill:url( "//evil/x#a" )'/>`)],
    ['an escaped paint', svg('<rect style="fill:u\\72l(//evil)"/>')],
    ['an import', svg('<rect style="@import x"/>')],
    ['an import in a style sheet', svg('<style>@import "//evil/x.css";</style>')],
    ['a paint from elsewhere in a style sheet', svg('<style><![CDATA[rect{fill:url(//evil)}]]></style>')],
    ['filters by style sheet', svg('<style>*{filter:url(#f)}</style>')],
    ['patterns by style sheet', svg('<style>*{fill:url(#p)}</style><pattern id="p"/>')],
    ['a style sheet', `<?xml-stylesheet href="x.css"?>${svg('')}`],
    ['entities (billion laughs)', `<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>${svg('<text>&b;</text>')}`],
    ['an entity nobody declared', svg('<text>&b;</text>')],
    ['another encoding', `<?xml version="1.0" encoding="UTF-16"?>${svg('')}`],
    ['too deep a nest', svg(`${'<g>'.repeat(100)}${'</g>'.repeat(100)}`)],
    ['a circle of uses', svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>')],
    ['itself inside itself', svg('<g id="a"><use href="#a"/></g>')],
    ['a chain of 1000 uses', svg(chain(1000))],
    ['a page', '<html><body/></html>'],
    ['half of it', '<svg><rect'],
    ['two of it', '<svg/><svg/>'],
    ['nothing', ''],
    ['an unknown raster picture', svg('<image href="data:image/png;base64,AAAA"/>')],
  ])('for %s', (_, text) => {
    expect(check(text)).toMatchObject({ reason: 'unsupported' });
  });

  it.each([
    ['a huge width', svg('', 'width="1e9" height="10"')],
    ['a huge box', svg('', 'viewBox="0 0 100000 100000"')],
    ['reuse that multiplies (billion uses)', svg(laughs())],
    ['filters over filters', svg(`<filter id="f"><feGaussianBlur/></filter>${'<rect filter="url(#f)"/>'.repeat(30)}`)],
    ['masks over masks', svg(`<mask id="m"/>${'<rect style="mask: url(#m)"/>'.repeat(300)}`)],
    ['layers over layers', svg('<g opacity=".9"><rect/></g>'.repeat(1000))],
    ['layers by style sheet', svg(`<style>g{opacity:.9}</style>${'<g/>'.repeat(1000)}`)],
    ['more than can be drawn', svg('<rect/>'.repeat(5001))],
    ['dashes over dashes', svg('<path stroke-dasharray="0.01"/>'.repeat(30))],
    ['dashes for all in a group', svg(`<g style="stroke-dasharray: .01">${'<path/>'.repeat(30)}</g>`)],
    ['dashes for all that is used', svg(`<g id="a">${'<path/>'.repeat(30)}</g><use href="#a" stroke-dasharray="1"/>`)],
    [
      'long outlines, used again and again',
      svg(`<path id="p" d="${'M0 0'.repeat(5000)}"/>${'<use href="#p"/>'.repeat(20)}`),
    ],
    ['a huge picture inside', svg(`<image href="data:image/png;base64,${png(60_000, 60_000)}"/>`)],
    ['too many bytes', svg(`<path d="${'M0 0'.repeat(30_000)}"/>`)],
  ])('as too large for %s', (_, text) => {
    expect(check(text)).toMatchObject({ reason: 'too-large' });
  });

  it('for bytes that are no UTF-8', () => {
    expect(checkSvg(Uint8Array.of(0x3c, 0xff, 0xfe), LIMITS)).toMatchObject({ reason: 'unsupported' });
  });
});

describe('the SVG reader', () => {
  it('never throws, and reads back what it writes', () => {
    const pieces = [
      '<svg>',
      '</svg>',
      '<g a="1">',
      '</g>',
      '<x/>',
      '&amp;',
      '&#0;',
      '&#xD800;',
      '<!--',
      '-->',
      '<?',
      '?>',
      '"',
      "'",
      '<',
      '>',
      '=',
      ' a',
      ']]>',
      '<![CDATA[',
      '中',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
        const tree = parseSvg(parts.join(''));
        if ('fault' in tree) return;

        expect(parseSvg(writeSvg(tree))).toEqual(tree);
      }),
      { numRuns: 2000, seed: 9 },
    );
  });

  it('reads a long text in time that grows with its length', () => {
    const hostile = [
      '<svg '.padEnd(90_000, 'a '),
      `<svg a="${' '.repeat(90_000)}`,
      '<'.repeat(90_000),
      '&'.repeat(90_000),
    ];

    for (const text of hostile) expect(check(text)).toHaveProperty('reason');
  });
});

/** The header of a PNG of a size; no pixels follow. */
function png(width: number, height: number): string {
  const bytes = Buffer.alloc(33);
  bytes.write('89504e470d0a1a0a0000000d49484452', 'hex');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString('base64');
}

function laughs(): string {
  const levels = Array.from({ length: 12 }, (_, i) => `<g id="l${i + 1}">${`<use href="#l${i}"/>`.repeat(10)}</g>`);
  return `<rect id="l0"/>${levels.join('')}`;
}

function chain(length: number): string {
  return Array.from({ length }, (_, i) => `<g id="c${i}"><use href="#c${i - 1}"/></g>`).join('');
}
