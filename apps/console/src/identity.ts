// Who the visitor is: a name to show and an id that stays the same across reloads of this tab, so that a reloaded
// page goes on with the same stream and its recording with the same file.

import { ID_CHARACTERS_MAX } from './limits.ts';

const NAME_KEY = 'roomtape.userName';
const SUFFIX_KEY = 'roomtape.userSuffix';

/** The name the visitor used last. */
export function lastUserName(): string {
  return localStorage.getItem(NAME_KEY) ?? '';
}

/** Keeps the name for the next visit and makes the user id that belongs to it in this tab. */
export function identify(userName: string): string {
  localStorage.setItem(NAME_KEY, userName);
  return idInTab(userName);
}

/** The id in this tab of whoever, or whatever, has that name. */
export function idInTab(name: string): string {
  let suffix = sessionStorage.getItem(SUFFIX_KEY);
  if (suffix === null) {
    suffix = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36).slice(-4) ?? '0';
    sessionStorage.setItem(SUFFIX_KEY, suffix);
  }
  return `${toId(name)}-${suffix}`;
}

/** As what a mixing desk is in a room: it watches and directs, nobody sees or hears it. */
export const MIXING_DESK = 'Mixing desk';

/** Tells a mixing desk from a person. */
export function isMixingDesk(userId: string): boolean {
  return userId.startsWith(`${toId(MIXING_DESK)}-`);
}

/** Turns any text into a valid id: what cannot stay becomes `-`. */
export function toId(text: string): string {
  const plain = text.normalize('NFKD').replace(/[^A-Za-z0-9_-]+/g, '-');
  return plain.replace(/^-+|-+$/g, '').slice(0, ID_CHARACTERS_MAX) || 'guest';
}
