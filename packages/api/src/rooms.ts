// Rooms, participants, streams, tokens, and the messages of a room's event socket.

import { type Static, Type } from 'typebox';
import { Id } from './ids.ts';

/** What a token lets its holder do. */
export const GRANTS = ['join', 'publish', 'play', 'record'] as const;
export type Grant = (typeof GRANTS)[number];

/** Body of `POST /v1/rooms/{roomId}/tokens` (API key only). */
export const TokenRequest = Type.Object(
  {
    userId: Id,
    grants: Type.Optional(Type.Array(Type.Enum([...GRANTS]), { default: ['join', 'publish', 'play'] })),
    ttlSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400, default: 3600 })),
  },
  { additionalProperties: false },
);
export type TokenRequest = Static<typeof TokenRequest>;

/** Answer with a client token (JWT, HS256). */
export const TokenAnswer = Type.Object({ token: Type.String(), expiresAt: Type.String({ format: 'date-time' }) });
export type TokenAnswer = Static<typeof TokenAnswer>;

/** What the picture of a stream is: layouts show a shared screen or a board large, and never crop it. */
export const STREAM_KINDS = ['camera', 'screen', 'whiteboard'] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

/** One published stream. */
export const Stream = Type.Object({
  roomId: Type.String(),
  streamId: Type.String(),
  userId: Type.String(),
  kind: Type.Optional(Type.Enum([...STREAM_KINDS], { description: 'absent: camera' })),
  state: Type.Enum(['connecting', 'live', 'interrupted'], { description: 'interrupted: may come back and go on' }),
  publishedAt: Type.String({ format: 'date-time' }),
  tracks: Type.Array(
    Type.Object({
      kind: Type.Enum(['audio', 'video']),
      codec: Type.String(),
      muted: Type.Boolean(),
      width: Type.Optional(Type.Integer()),
      height: Type.Optional(Type.Integer()),
    }),
  ),
  recording: Type.Boolean(),
});
export type Stream = Static<typeof Stream>;

/** One person or machine in a room. */
export const Participant = Type.Object({
  userId: Type.String(),
  userName: Type.String(),
  joinedAt: Type.String({ format: 'date-time' }),
});
export type Participant = Static<typeof Participant>;

/** A room as it is now. */
export const Room = Type.Object({
  roomId: Type.String(),
  createdAt: Type.String({ format: 'date-time' }),
  participants: Type.Array(Participant),
  streams: Type.Array(Stream),
});
export type Room = Static<typeof Room>;

/** Body of `POST /v1/rooms`. */
export const CreateRoomRequest = Type.Object({ roomId: Id }, { additionalProperties: false });
export type CreateRoomRequest = Static<typeof CreateRoomRequest>;

/** Answer of `GET /v1/rooms`. */
export const RoomList = Type.Object({ rooms: Type.Array(Room) });
export type RoomList = Static<typeof RoomList>;

/** Answer of `GET /v1/rooms/{roomId}/streams`. */
export const StreamList = Type.Object({ streams: Type.Array(Stream) });
export type StreamList = Static<typeof StreamList>;

/** Answer of `POST /v1/console/session`: what the page of a server needs to call it. */
export const ConsoleSession = Type.Object({
  apiToken: Type.String({ description: 'stands for the API key until it expires' }),
  expiresAt: Type.String({ format: 'date-time' }),
});
export type ConsoleSession = Static<typeof ConsoleSession>;

/** What a client may say on `/v1/rooms/{roomId}/events` (WebSocket, JSON text messages, token in the query or first message). */
export const ClientMessage = Type.Union([
  Type.Object({
    type: Type.Literal('join'),
    token: Type.String({ maxLength: 4096 }),
    userName: Type.Optional(Type.String({ maxLength: 256 })),
  }),
  Type.Object({ type: Type.Literal('heartbeat') }),
  Type.Object({
    type: Type.Literal('set-muted'),
    streamId: Id,
    kind: Type.Enum(['audio', 'video']),
    muted: Type.Boolean(),
  }),
  Type.Object({ type: Type.Literal('leave') }),
]);
export type ClientMessage = Static<typeof ClientMessage>;

/** What the server says on a room's event socket. `sequence` rises by 1 per message of a connection. */
export type ServerMessage = { readonly sequence: number; readonly at: string } & (
  | { readonly type: 'joined'; readonly room: Room; readonly heartbeatMs: number }
  | { readonly type: 'participant-joined'; readonly participant: Participant }
  | { readonly type: 'participant-left'; readonly userId: string; readonly reason: string }
  | { readonly type: 'stream-published'; readonly stream: Stream }
  | { readonly type: 'stream-changed'; readonly stream: Stream }
  | { readonly type: 'stream-unpublished'; readonly streamId: string; readonly userId: string; readonly reason: string }
  | { readonly type: 'recording-changed'; readonly recordingId: string; readonly state: string }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
);
