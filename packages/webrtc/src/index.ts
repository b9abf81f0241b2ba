export { tcpPassiveCandidate } from './ice-candidate.ts';
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
  TapeSource,
} from './media-plane.ts';
export { createMediaPlane } from './media-plane-instance.ts';
export type { MediaPlaneLimits, MediaPlaneOptions } from './media-plane-options.ts';
export {
  createNativeTransportFactory,
  type NativeTransportFactory,
  type NativeTransportOptions,
} from './native-transport.ts';
export { type IceAnswerFragment, type IceFragment, parseSdpFragment, writeSdpFragment } from './sdp-fragment.ts';
export type { TapeOptions } from './stream-tapes.ts';
export { TcpGateway, type TcpGatewayLimits, type TcpGatewayOptions } from './tcp-gateway.ts';
export type {
  RtcTransport,
  RtcTransportFactory,
  TransportDescription,
  TransportHandlers,
  TransportState,
} from './transport.ts';
export { callerError, systemError, type WebrtcError, type WebrtcErrorCode } from './webrtc-error.ts';
