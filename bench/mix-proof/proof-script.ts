// What happens in the proof's room, second by second: a long version with everything and a short one for the tests.

import type { MixLayout } from '@roomtape/api';
import type { ProofRoom } from './proof-room.ts';

/** One thing that happens, by seconds since the script began. */
export type ScriptStep = { readonly at: number; run(room: ProofRoom): Promise<void> };

/** Everything that happens. */
export type ProofScript = {
  readonly seconds: number;
  /** Who is there when the recording begins. */
  readonly present: readonly string[];
  readonly firstLayout: MixLayout;
  readonly steps: readonly ScriptStep[];
};

/** Of the mixed film. */
export const CANVAS = { width: 960, height: 540, fps: 30 } as const;
/** Another shape of a grid crops a picture where it says whose it is: it is fitted instead. */
const WHOLE = { fit: 'fit' } as const;
const HALF = { width: 480, height: 270 };
const QUARTER = { width: 240, height: 134 };

/** Two halves above, and whoever is next to join below. */
export function twoAndNext(left: string, right: string): MixLayout {
  const cells = [
    { x: 0, y: 0, ...HALF, streamId: left },
    { x: HALF.width, y: 0, ...HALF, streamId: right },
    { x: 0, y: HALF.height, ...HALF, fit: 'fit' as const },
    { x: HALF.width, y: HALF.height, ...HALF },
  ];
  return { mode: 'custom', cells };
}

/** One fills the canvas, another stands in its corner. */
function oneOver(big: string, small: string): MixLayout {
  const corner = { x: 696, y: 380, ...QUARTER, streamId: small, layer: 2, fit: 'fit' as const };
  return { mode: 'custom', cells: [{ x: 0, y: 0, width: CANVAS.width, height: CANVAS.height, streamId: big }, corner] };
}

const LAYOUTS: readonly MixLayout[] = [
  { mode: 'gallery' },
  { mode: 'horizontal' },
  { mode: 'vertical' },
  { mode: 'floating' },
  { mode: 'speaker' },
  { mode: 'presentation', bigStreamId: 'ada' },
  { mode: 'single', bigStreamId: 'bob' },
  twoAndNext('bob', 'ada'),
  { mode: 'tile', ...WHOLE },
  { mode: 'gallery', gap: 8 },
  { mode: 'horizontal', bigStreamId: 'cleo' },
  { mode: 'vertical', bigStreamId: 'dan' },
  { mode: 'floating', bigStreamId: 'bob' },
  oneOver('cleo', 'dan'),
  { mode: 'speaker', bigStreamId: 'ada' },
  { mode: 'presentation' },
  { mode: 'single' },
  { mode: 'tile', ...WHOLE, tilesMax: 4 },
  twoAndNext('dan', 'cleo'),
  { mode: 'gallery' },
];

/** Twenty layouts in all nine modes while people come, go, fall silent, lose packets and are paused; seconds. */
export const LONG: ProofScript = {
  seconds: 90,
  present: ['ada', 'bob', 'cleo'],
  firstLayout: { mode: 'tile', ...WHOLE },
  steps: inOrder([
    ...LAYOUTS.map((layout, index) => step(4 + index * 4, (room) => room.changeLayout(layout))),
    step(6.5, (room) => room.join('dan')),
    step(14.3, (room) => room.join('eve', 'screen')),
    step(17.6, (room) => room.mute('bob', 'audio', true)),
    step(21.3, (room) => room.mute('ada', 'video', true)),
    step(23.7, (room) => room.mute('bob', 'audio', false)),
    step(27.4, (room) => room.mute('ada', 'video', false)),
    step(30.2, (room) => room.resize('dan', { width: 640, height: 360 })),
    step(34.5, (room) => room.lose('cleo', 0.03)),
    step(42.7, (room) => room.resize('dan', { width: 192, height: 108 })),
    step(46.5, (room) => room.pause(4000)),
    step(54.6, (room) => room.reconnect('bob', 1000)),
    step(66.8, (room) => room.leave('eve')),
    step(66.3, (room) => room.lose('cleo', 0)),
    step(70.5, (room) => room.mute('dan', 'video', true)),
    step(70.6, (room) => room.mute('dan', 'audio', true)),
    step(75.4, (room) => room.mute('dan', 'audio', false)),
    step(75.5, (room) => room.mute('dan', 'video', false)),
    step(78.7, (room) => room.join('eve')),
  ]),
};

/** Everything but leaving, once, in as little time as it takes to be seen. */
export const SHORT: ProofScript = {
  seconds: 24,
  present: ['ada', 'bob', 'cleo'],
  firstLayout: { mode: 'tile', ...WHOLE },
  steps: inOrder([
    ...LAYOUTS.filter((_, index) => index < 9).map((layout, index) =>
      step(2 + index * 2.3, (room) => room.changeLayout(layout)),
    ),
    step(1.5, (room) => room.lose('cleo', 0.03)),
    step(2.5, (room) => room.mute('bob', 'audio', true)),
    step(5.5, (room) => room.mute('bob', 'audio', false)),
    step(7.5, (room) => room.join('dan')),
    step(10.5, (room) => room.resize('ada', { width: 640, height: 360 })),
    step(12.5, (room) => room.pause(1500)),
    step(16.5, (room) => room.reconnect('bob', 500)),
    step(19.5, (room) => room.leave('dan')),
  ]),
};

/** Does everything in time; what takes longer moves what follows. */
export async function perform(script: ProofScript, room: ProofRoom): Promise<void> {
  const begunAt = room.now;
  for (const { at, run } of script.steps) {
    await room.until(begunAt + at * 1e6);
    await run(room);
  }
  await room.until(begunAt + script.seconds * 1e6);
}

/** One thing that happens. */
export function step(at: number, run: ScriptStep['run']): ScriptStep {
  return { at, run };
}

function inOrder(steps: readonly ScriptStep[]): ScriptStep[] {
  return [...steps].sort((a, b) => a.at - b.at);
}
