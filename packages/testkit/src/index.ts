export { analyseRecording } from './analyse.ts';
export { analyseFile, type ReadRecordingOptions, readRecording } from './analyse-file.ts';
export type {
  Analysis,
  CounterReport,
  Fault,
  FaultCode,
  OffsetReport,
  SecondReport,
  SignalReport,
} from './analysis.ts';
export { analysisText, offsetText } from './analysis-text.ts';
export { BeepDetector, type BeepFact } from './beep-detector.ts';
export { type BrowserSourceOptions, browserSourceScript } from './browser-source.ts';
export type { AnsweredMedia } from './client-offer.ts';
export { type PictureRegion, readStrip, type StripValue } from './counter-strip.ts';
export {
  DEFAULT_EXPECTATION,
  type Expectation,
  type Presence,
  parseExpectation,
  type SpanExpectation,
} from './expectation.ts';
export { createFakeClock, type FakeClock } from './fake-clock.ts';
export { createFakePipe, type FakePipe, type FakePipeOptions } from './fake-network.ts';
export { createFileSource, type FileSourceOptions } from './file-source.ts';
export { BEAT_US, beepHzOf, FLASH_US, isFlashAt, participantOfBeepHz, writeBeep } from './flash-beep.ts';
export { type PictureReading, readPicture } from './flash-detector.ts';
export type { HttpSessionOptions } from './http-session.ts';
export type { MediaSource, SourceAudio, SourceFrame, SourceVideo } from './media-source.ts';
export { type OpenTransportOptions, type OpenTransportParts, openTransport } from './open-transport.ts';
export { createPacketFaultPlan, type PacketCounts, type PacketFaultPlan, type PacketFaults } from './packet-faults.ts';
export { PlayedFile, type PlayedFileOptions } from './played-file.ts';
export { createPreEncodedSource, type EncodedLoop, encodeLoop } from './pre-encoded-source.ts';
export type { AudioFacts, RecordingFacts, TimeSpan, VideoFacts, VideoFrameFact } from './recording-facts.ts';
export { type PlayedFrame, RtpPlayer, type RtpPlayerOptions } from './rtp-player.ts';
export { type PublishCounts, type PublishFaults, RtpPublisher, type RtpPublisherOptions } from './rtp-publisher.ts';
export type { ReceivedCounts } from './rtp-receiver.ts';
export type { RtpSenderOptions } from './rtp-sender.ts';
export { type I420Picture, SyntheticPicture, type SyntheticPictureOptions } from './synthetic-picture.ts';
export { createSyntheticSource, type SyntheticSource, type SyntheticSourceOptions } from './synthetic-source.ts';
export { createUdpRelay, throughRelay, type UdpRelay, type UdpRelayOptions, withoutCandidates } from './udp-relay.ts';
export { WhepClient, type WhepClientOptions } from './whep-client.ts';
export { WhipClient, type WhipClientOptions } from './whip-client.ts';
