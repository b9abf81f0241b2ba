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

/** The mixing desk of a room; with a recording, what was made or can be made of that one. */
export type MixLink = { readonly roomId: string; readonly recordingId: string | undefined };

/** Where the visitor is. */
export type Route =
  | { readonly page: 'rooms'; readonly link: RoomLink }
  | { readonly page: 'mix'; readonly link: MixLink }
  | { readonly page: PlainPage };

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
  const roomId = decoded(id);
  if (page === 'mix' && roomId !== '') {
    return { page, link: { roomId, recordingId: wishes.get('recording') ?? undefined } };
  }
  const link: RoomLink = {
    roomId: page === 'room' ? roomId : '',
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

/** The address of the mixing desk of a room, or of one recording of it. */
export function mixAddress(roomId: string, recordingId?: string): string {
  const query = recordingId === undefined ? '' : `?recording=${encodeURIComponent(recordingId)}`;
  return `#/mix/${encodeURIComponent(roomId)}${query}`;
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
