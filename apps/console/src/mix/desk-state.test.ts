import type { MixSettings } from '@roomtape/api';
import { describe, expect, it } from 'vitest';
import { type DeskEvent, type DeskState, isWaiting, reduceDesk } from './desk-state.ts';
import { FIRST_SETTINGS, withMode } from './mix-wish.ts';

const looks = (mode: 'tile' | 'gallery' | 'speaker'): MixSettings => withMode(mode, [])(FIRST_SETTINGS);
const [TILE, GALLERY, SPEAKER] = [looks('tile'), looks('gallery'), looks('speaker')];
const LIVE: DeskState = { settings: TILE, confirmed: TILE, confirmedAt: '2026-01-01T00:00:10Z' };
const [EARLIER, LATER] = ['2026-01-01T00:00:05Z', '2026-01-01T00:00:15Z'];
const after = (desk: DeskState, ...events: DeskEvent[]): DeskState => events.reduce(reduceDesk, desk);
const shown = ({ settings }: DeskState): string => settings.layout.mode;

describe('the mixing desk', () => {
  it('has nobody to tell before a film is made', () => {
    const desk = after({ settings: TILE }, { type: 'edited', settings: GALLERY });

    expect([shown(desk), isWaiting(desk)]).toEqual(['gallery', false]);
  });

  it('shows a click at once, and what the server made of it afterwards', () => {
    const clicked = after(LIVE, { type: 'edited', settings: GALLERY });
    const answered = { ...GALLERY, layout: { ...GALLERY.layout, tilesMax: 49 } };
    const done = after(clicked, { type: 'sent' }, { type: 'accepted', settings: answered, at: LATER });

    expect([shown(clicked), isWaiting(clicked)]).toEqual(['gallery', true]);
    expect(done).toEqual({ settings: answered, confirmed: answered, confirmedAt: LATER });
    expect(isWaiting(done)).toBe(false);
  });

  it('keeps a click that came while another was under way, to be sent next', () => {
    const desk = after(
      LIVE,
      { type: 'edited', settings: GALLERY },
      { type: 'sent' },
      { type: 'edited', settings: SPEAKER },
      { type: 'accepted', settings: GALLERY, at: LATER },
    );

    expect([shown(desk), isWaiting(desk), desk.sending]).toEqual(['speaker', true, undefined]);
  });

  it('takes back what the server refuses', () => {
    const desk = after(LIVE, { type: 'edited', settings: GALLERY }, { type: 'sent' }, { type: 'refused' });

    expect([shown(desk), isWaiting(desk), desk.sending]).toEqual(['tile', false, undefined]);
  });

  it('follows what somebody else chose', () => {
    expect(shown(after(LIVE, { type: 'heard', settings: SPEAKER, at: LATER }))).toBe('speaker');
  });

  it('does not jump back for a list that was read before its own change', () => {
    const sending = after(LIVE, { type: 'edited', settings: GALLERY }, { type: 'sent' });
    const done = after(sending, { type: 'accepted', settings: GALLERY, at: LATER });

    expect(shown(after(sending, { type: 'heard', settings: TILE, at: LATER }))).toBe('gallery');
    expect(shown(after(done, { type: 'heard', settings: TILE, at: EARLIER }))).toBe('gallery');
  });

  it('calls nothing new that only names its fields in another order', () => {
    const { layout, ...others } = TILE;
    const desk = after(LIVE, { type: 'heard', settings: { ...others, layout: { ...layout } }, at: LATER });

    expect(desk.settings).toBe(TILE);
    expect(isWaiting(desk)).toBe(false);
  });

  it('keeps what was chosen when the film is over', () => {
    expect(after(LIVE, { type: 'edited', settings: GALLERY }, { type: 'ended' })).toEqual({ settings: GALLERY });
  });
});
