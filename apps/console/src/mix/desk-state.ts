// What the mixing desk shows as chosen, what the server says is in force, and what is on its way between them. Pure: a
// click shows at once; what the server refuses is taken back.

import type { MixSettings } from '@roomtape/api';

/** The desk. Before a film begins and after it ended there is nobody to tell: `confirmed` is absent. */
export type DeskState = {
  /** What the page shows. */
  readonly settings: MixSettings;
  /** What the film shows, as far as the server has said. */
  readonly confirmed?: MixSettings;
  /** When that was so, as the server dates it. */
  readonly confirmedAt?: string;
  /** What was sent and is not answered. */
  readonly sending?: MixSettings;
};

/** What happens to the desk. */
export type DeskEvent =
  | { readonly type: 'edited'; readonly settings: MixSettings }
  | { readonly type: 'sent' }
  | { readonly type: 'accepted' | 'heard'; readonly settings: MixSettings; readonly at: string }
  | { readonly type: 'refused' }
  | { readonly type: 'ended' };

/** The desk after an event. */
export function reduceDesk(desk: DeskState, event: DeskEvent): DeskState {
  switch (event.type) {
    case 'edited':
      return { ...desk, settings: event.settings };
    case 'sent':
      return { ...desk, sending: desk.settings };
    case 'accepted': {
      const isNewest = desk.settings === desk.sending;
      const confirmed = { confirmed: event.settings, confirmedAt: event.at };
      return { settings: isNewest ? event.settings : desk.settings, ...confirmed };
    }
    case 'heard':
      return isStale(desk, event.at) || desk.sending !== undefined || isWaiting(desk)
        ? desk
        : { settings: sameOr(desk.settings, event.settings), confirmed: event.settings, confirmedAt: event.at };
    case 'refused':
      return { ...without(desk), settings: desk.confirmed ?? desk.settings };
    case 'ended':
      return { settings: desk.settings };
  }
}

/** Whether something chosen has not been sent, to a server that is there to be told. */
export function isWaiting({ settings, confirmed }: DeskState): boolean {
  return confirmed !== undefined && !isSame(settings, confirmed);
}

/** A list that was read before the last answer tells what was, not what is. */
function isStale({ confirmedAt }: DeskState, at: string): boolean {
  return confirmedAt !== undefined && at < confirmedAt;
}

/** The same object while nothing changed, so that components need not draw again. */
function sameOr(old: MixSettings, next: MixSettings): MixSettings {
  return isSame(old, next) ? old : next;
}

function isSame(a: MixSettings, b: MixSettings): boolean {
  return a === b || ordered(a) === ordered(b);
}

function ordered(settings: MixSettings): string {
  return JSON.stringify(settings, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function without({ sending: _sent, ...desk }: DeskState): DeskState {
  return desk;
}
