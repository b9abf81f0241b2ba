import type { MixLayout } from '@roomtape/api';
import { describe, expect, it } from 'vitest';
import { layOut, layoutOf, printTiles } from './lay-out.ts';
import type { Layout, MixInput } from './tile.ts';

const HD = { width: 1280, height: 720 };
const person = (name: string, joinedOrder: number, more: Partial<MixInput> = {}): MixInput => ({
  inputId: name,
  streamId: `${name}-cam`,
  userId: `${name}-id`,
  userName: name,
  joinedOrder,
  kind: 'camera',
  hasVideo: true,
  hasAudio: true,
  isMuted: false,
  ...more,
});
const ada = person('ada', 1);
const ben = person('ben', 2);
const cleo = person('cleo', 3);
const board = person('board', 4, { kind: 'whiteboard', hasAudio: false });
const screen = person('screen', 5, { kind: 'screen', hasAudio: false });
const printed = (layout: MixLayout, inputs: readonly MixInput[]): string[] =>
  printTiles(layOut(layout, inputs, HD)).split('\n');
const order = (layout: MixLayout, inputs: readonly MixInput[]): (string | undefined)[] =>
  layOut(layout, inputs, HD).map((tile) => tile.inputId);

describe('who is shown', () => {
  it('stands in order of joining, whatever the order of the list', () => {
    expect(order({ mode: 'tile' }, [cleo, ada, ben])).toEqual(['ada', 'ben', 'cleo']);
  });

  it('has no tile after leaving, and the next moves up', () => {
    expect(order({ mode: 'tile' }, [{ ...ada, hasLeft: true }, ben, cleo])).toEqual(['ben', 'cleo']);
  });

  it('keeps the tile after leaving when blanks are filled, with its last frame', () => {
    const tiles = layOut({ mode: 'tile', fillBlank: true }, [{ ...ada, hasLeft: true }, ben], HD);

    expect(tiles.map((tile) => [tile.inputId, tile.placeholder])).toEqual([
      ['ada', 'last-frame'],
      ['ben', 'last-frame'],
    ]);
  });

  it('has one tile again after coming back as another publication', () => {
    const gone = { ...ada, inputId: 'ada-1', hasLeft: true };
    const goneAgain = { ...ada, inputId: 'ada-2', hasLeft: true };
    const layout: MixLayout = { mode: 'tile', fillBlank: true };

    expect(order(layout, [gone, goneAgain, ben])).toEqual(['ada-2', 'ben']);
    expect(order(layout, [gone, goneAgain, ben, ada])).toEqual(['ada', 'ben']);
  });

  it('gives way to people who are here when there is no room for those who left', () => {
    expect(order({ mode: 'tile', fillBlank: true, tilesMax: 2 }, [{ ...ada, hasLeft: true }, ben, cleo])).toEqual([
      'ben',
      'cleo',
    ]);
  });

  it('is everybody with sound only, with an avatar, unless asked otherwise', () => {
    const voice = person('voice', 2, { hasVideo: false });

    expect(layOut({ mode: 'tile' }, [ada, voice], HD)[1]?.placeholder).toBe('avatar');
    expect(order({ mode: 'tile', audioOnly: 'none' }, [ada, voice])).toEqual(['ada']);
  });
});

describe('the big tile', () => {
  it('is the first to join, or the stream that is named', () => {
    expect(order({ mode: 'horizontal' }, [ada, ben])).toEqual(['ada', 'ben']);
    expect(order({ mode: 'horizontal', bigStreamId: 'ben-cam' }, [ada, ben])).toEqual(['ben', 'ada']);
  });

  it('stays empty while the named stream is not here', () => {
    expect(printed({ mode: 'vertical', bigStreamId: 'gone' }, [ada])).toEqual([
      '- 0,0 960x720 fit',
      'ada 960,0 320x180 fill',
    ]);
    expect(printed({ mode: 'single', bigStreamId: 'gone' }, [ada])).toEqual(['- 0,0 1280x720 fit']);
  });

  it.each(['horizontal', 'vertical', 'floating'] as const)('is the whiteboard in %s, whatever is named', (mode) => {
    expect(order({ mode, bigStreamId: 'ben-cam' }, [ada, ben, board])[0]).toBe('board');
  });

  it('is the active speaker in speaker mode, and the pinned stream before that', () => {
    const inputs = [ada, { ...ben, isActiveSpeaker: true }, cleo];

    expect(order({ mode: 'speaker' }, inputs)).toEqual(['ben', 'ada', 'cleo']);
    expect(order({ mode: 'speaker', bigStreamId: 'cleo-cam' }, inputs)[0]).toBe('cleo');
    expect(order({ mode: 'speaker' }, [ada, ben])[0]).toBe('ada');
  });

  it('is what was shared last in a presentation, and a gallery without anything shared', () => {
    expect(order({ mode: 'presentation' }, [ada, board, screen])).toEqual(['screen', 'ada', 'board']);
    expect(order({ mode: 'presentation' }, [ada, board])[0]).toBe('board');
    expect(printed({ mode: 'presentation' }, [ada, ben])).toEqual(printed({ mode: 'gallery' }, [ada, ben]));
  });

  it('goes back to the board when the screen that was kept has left', () => {
    const inputs = [ada, board, { ...screen, hasLeft: true }];

    expect(order({ mode: 'presentation', fillBlank: true }, inputs)[0]).toBe('board');
  });
});

describe('tile', () => {
  it('gives the first cell to the whiteboard, whole', () => {
    expect(printed({ mode: 'tile' }, [ada, board])).toEqual(['board 0,0 640x720 fit', 'ada 640,0 640x720 fill']);
  });

  it('leaves a gap between tiles', () => {
    expect(printed({ mode: 'tile', gap: 8 }, [ada, ben])).toEqual(['ada 4,4 632x712 fill', 'ben 644,4 632x712 fill']);
  });
});

describe('custom', () => {
  const cell = { y: 0, width: 320, height: 180 } as const;

  it('seats named streams, then the next to join, and shows the background of who is missing', () => {
    const layout: MixLayout = {
      mode: 'custom',
      emptyBackground: { color: '#101010' },
      cells: [
        { ...cell, x: 0, streamId: 'cleo-cam', fit: 'fit' },
        { ...cell, x: 320, streamId: '' },
        { ...cell, x: 640, streamId: 'gone', background: { image: 'https://example.com/away.png' } },
        { ...cell, x: 960 },
        { ...cell, x: 0, y: 180 },
      ],
    };

    expect(printed(layout, [ada, ben, cleo])).toEqual([
      'cleo 0,0 320x180 fit',
      'ada 320,0 320x180 fill',
      '- 640,0 320x180 fill',
      'ben 960,0 320x180 fill',
      '- 0,180 320x180 fill',
    ]);
    const tiles = layOut(layout, [ada, ben, cleo], HD);
    expect(tiles[2]?.background).toEqual({ image: 'https://example.com/away.png' });
    expect(tiles[4]?.background).toEqual({ color: '#101010' });
  });

  it('puts the board only where the board goes, and sorts by layer', () => {
    const layout: MixLayout = {
      mode: 'custom',
      cells: [
        { ...cell, x: 0, layer: 2 },
        { x: 0, y: 0, width: 1280, height: 720, kind: 'whiteboard', layer: 1 },
        { ...cell, x: 320, kind: 'screen', layer: 2 },
      ],
    };

    expect(printed(layout, [ada, ben, board, screen])).toEqual([
      'board 0,0 1280x720 layer 1 fill',
      'ada 0,0 320x180 layer 2 fill',
      'screen 320,0 320x180 layer 2 fill',
    ]);
  });

  it('lets the style of a cell go before that of the layout', () => {
    const layout: MixLayout = {
      mode: 'custom',
      style: { cornerRadius: 8, blurPadding: true, border: { width: 2, color: '#ffffff' } },
      cells: [
        { ...cell, x: 0, style: { cornerRadius: 400 } },
        { ...cell, x: 320 },
      ],
    };
    const [first, second] = layOut(layout, [ada], HD);

    expect([first?.cornerRadius, first?.blurPadding, first?.border?.width]).toEqual([90, true, 2]);
    expect(second?.cornerRadius).toBe(8);
  });
});

describe('what stands in tiles', () => {
  const layout = (labels: Layout['labels'], more: Partial<Layout> = {}): Layout => ({
    mode: 'tile',
    ...more,
    ...(labels && { labels }),
  });
  const labelOf = (labels: Layout['labels'], input: MixInput): string | undefined =>
    layOut(layout(labels), [input], HD)[0]?.label?.text;

  it('is the name, a text with names in it, a text of its own, or nothing', () => {
    expect(labelOf({}, ada)).toBe('ada');
    expect(labelOf({}, { ...ada, userName: '' })).toBe('ada-id');
    expect(labelOf({ text: '主持人 {userName} ({streamId})' }, ada)).toBe('主持人 ada (ada-cam)');
    expect(labelOf({ byStream: { 'ada-cam': 'Chair' } }, ada)).toBe('Chair');
    expect(labelOf({ byStream: { 'ada-cam': '' } }, ada)).toBeUndefined();
    expect(labelOf(undefined, ada)).toBeUndefined();
  });

  it('does not read a name as a template', () => {
    expect(labelOf({}, { ...ada, userName: '{userId}' })).toBe('{userId}');
  });

  it('shows the mute icon only to those who are muted', () => {
    const settings = layoutOf({
      layout: { mode: 'tile' },
      canvas: { ...HD, fps: 30 },
      audio: { channels: 1, bitrate: 64_000, volumes: {}, soundWave: false },
      overlays: { muteIcon: { size: 24 } },
    });
    const tiles = layOut(settings, [ada, { ...ben, isMuted: true }], HD);

    expect(tiles.map((tile) => tile.muteIcon)).toEqual([undefined, { size: 24 }]);
  });

  it('is the colour or the picture that is asked for while the camera is off', () => {
    const shown = (style: NonNullable<MixLayout['style']>) => layOut({ mode: 'tile', style }, [ada], HD)[0];

    expect(shown({ placeholder: 'color', placeholderColor: '#112233' })?.placeholderBackground).toEqual({
      color: '#112233',
    });
    expect(shown({ placeholder: 'image', placeholderImage: 'asset:away' })?.placeholderBackground).toEqual({
      image: 'asset:away',
      imageFit: 'fill',
    });
  });
});
