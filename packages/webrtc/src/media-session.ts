// A session of the media plane: what it was opened for, its connection, and the publisher or viewer it carries.

import type { UnixUs } from '@roomtape/media';
import type { SessionRequest } from './media-plane.ts';
import type { PlaySession } from './play-session.ts';
import type { PublishSession } from './publish-session.ts';
import type { PublishedStream } from './published-stream.ts';
import type { SessionConnection } from './session-connection.ts';

/** What a session carries. */
export type SessionMedia =
  | { readonly kind: 'publish'; readonly session: PublishSession }
  | { readonly kind: 'play'; readonly session: PlaySession };

/** One open session. */
export type MediaSession = {
  readonly request: Pick<SessionRequest, 'sessionId' | 'userId' | 'roomId' | 'streamId'>;
  readonly openedAt: UnixUs;
  readonly stream: PublishedStream;
  readonly connection: SessionConnection;
  readonly media: SessionMedia;
  /** The BUNDLE-tagged section, named in fragments. */
  readonly section: { readonly mid: string; readonly media: string };
};

/** Describes a session as plain data. */
export function describeSession(session: MediaSession, now: UnixUs): Record<string, unknown> {
  const { request, connection, media } = session;
  return {
    ...request,
    kind: media.kind,
    state: connection.state,
    restarts: connection.restarts,
    ageMs: Math.floor((now - session.openedAt) / 1000),
    ...(media.kind === 'publish' ? media.session.describe(now) : media.session.describe()),
  };
}
