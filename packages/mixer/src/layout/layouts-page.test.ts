import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CATALOGUE, LAYOUT_MODES, MixCell, MixLayout, MixOverlays, MixTileStyle } from '@roomtape/api';
import { describe, expect, it } from 'vitest';

const DOCS = join(import.meta.dirname, '../../../../docs');
const page = readFileSync(join(DOCS, 'layouts.md'), 'utf8');
const pictures = readdirSync(join(DOCS, 'images/layouts'));

describe('the page about layouts', () => {
  it.each(LAYOUT_MODES)('has a section with a picture of %s', (mode) => {
    const section = page.split('\n### ').find((text) => text.startsWith(`${mode}\n`));

    expect(section).toContain(`](images/layouts/${mode}.png)`);
    expect(pictures).toContain(`${mode}.png`);
  });

  it('names every field of layouts, cells, styles and overlays', () => {
    const fields = [MixLayout, MixCell, MixTileStyle, MixOverlays].flatMap((schema) => Object.keys(schema.properties));

    expect(fields.filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
  });

  it('names every error a layout can have', () => {
    const codes = Object.keys(ERROR_CATALOGUE).filter((code) => code.startsWith('LAYOUT_'));

    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it('has pictures of less than 500 kB, each shown', () => {
    const bytes = pictures.reduce((sum, name) => sum + statSync(join(DOCS, 'images/layouts', name)).size, 0);

    expect(bytes).toBeLessThan(500_000);
    expect(pictures.filter((name) => !page.includes(`images/layouts/${name}`))).toEqual([]);
  });
});
