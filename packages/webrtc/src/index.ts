export type {
  MediaEvent,
  MediaPlane,
  PublishedTrack,
  SessionAnswer,
  SessionPatch,
  SessionPatched,
  SessionRequest,
  StreamKey,
  TapePosition,
  TapeRequest,
} from './media-plane.ts';
export type {
  RtcTransport,
  RtcTransportFactory,
  TransportDescription,
  TransportHandlers,
  TransportState,
} from './transport.ts';
