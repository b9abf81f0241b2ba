// The page's addresses, all behind `#`, so that the server need not know them.

import { VIDEO_CODECS, type VideoCodecName } from '@roomtape/sdk';

/** What a participant sends: devices, or a picture and sound the page makes. */
export type SourceKind = 'devices' | 'test' | 'flash-beep';

/** Wishes a deep link may carry. */
export type RoomLink = {
  readonly roomId: string;
  readonly userName: string;
  /** Joins without asking. */
  readonly isAutomatic: boolean;
  readonly codec: VideoCodecName | undefined;
  readonly simulcast: boolean;
  readonly source: SourceKind;
};

/** Where the visitor is. */
export type Route = { readonly page: 'rooms'; readonly link: RoomLink } | { readonly page: PlainPage };

/** Pages whose address says nothing more. */
export const PLAIN_PAGES = ['recorder', 'raw-audio', 'recordings'] as const;
/** One of the plain pages. */
export type PlainPage = (typeof PLAIN_PAGES)[number];

/** Reads an address such as `#/room/demo?name=Ada&auto=1&codec=vp8`. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [page = '', id = ''] = path.split('/');
  const plain = PLAIN_PAGES.find((name) => name === page);
  if (plain !== undefined) return { page: plain };
  const wishes = new URLSearchParams(query);
  const link: RoomLink = {
    roomId: page === 'room' ? decoded(id) : '',
    userName: wishes.get('name') ?? '',
    isAutomatic: wishes.get('auto') === '1',
    codec: VIDEO_CODECS.find((codec) => codec === wishes.get('codec')),
    simulcast: wishes.get('simulcast') === '1',
    source: sourceOf(wishes.get('source')),
  };
  return { page: 'rooms', link };
}

/** The address of a room, to be shared. */
export function roomAddress(roomId: string): string {
  return `${location.origin}/#/room/${encodeURIComponent(roomId)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function sourceOf(text: string | null): SourceKind {
  return text === 'test' || text === 'flash-beep' ? text : 'devices';
}
