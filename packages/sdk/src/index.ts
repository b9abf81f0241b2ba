export { type ClientOptions, createRoomtape, type LoginOptions, RoomtapeClient } from './client.ts';
export { VIDEO_CODECS, type VideoCodecName } from './codecs.ts';
export { createBrowserEnvironment, type Environment } from './environment.ts';
export { asClientError, type ClientErrorCode, clientError, errorFromResponse, RoomtapeClientError } from './errors.ts';
export type { ClientEvents, RoomState } from './events.ts';
export type { KeeperState } from './link-keeper.ts';
export type { LocalStream, StreamSource } from './local-stream.ts';
export type { PublishOptions } from './publisher.ts';
export type { StreamQuality } from './quality.ts';
