export {
  BandwidthEstimator,
  type BandwidthEstimatorOptions,
  type PathState,
} from './bandwidth-estimator.ts';
export { createDepacketizer } from './create-depacketizer.ts';
export { createPacketizer } from './create-packetizer.ts';
export type { DelayState } from './delay-trend.ts';
export type {
  DepacketizedFrame,
  Depacketizer,
  DepacketizerOptions,
  DepacketizerPacket,
  DepacketizerStats,
  FrameDropReason,
} from './depacketizer.ts';
export {
  readAbsoluteCaptureTime,
  readAudioLevel,
  readHeaderExtension,
  readTextExtension,
  readTransportSequence,
  rewriteTransportSequence,
} from './header-extension.ts';
export { JitterBuffer, type JitterBufferOptions, type JitterSink, type JitterStats } from './jitter-buffer.ts';
export { type KeyframeDemand, KeyframePolicy, type KeyframePolicyOptions } from './keyframe-policy.ts';
export { type LayerOffer, LayerSelector, type LayerSelectorOptions } from './layer-selector.ts';
export { NACK_BATCH_MAX, NackGenerator, type NackGeneratorOptions, type NackStats } from './nack-generator.ts';
export {
  type HeaderExtension,
  isRtcp,
  parseRtpPacket,
  RTP_HEADER_BYTES,
  type RtpHeaderChanges,
  type RtpPacket,
  type RtpPacketFields,
  rewriteRtpHeader,
  rtpPayload,
  writeRtpPacket,
} from './packet.ts';
export { PacketRing } from './packet-ring.ts';
export type { PacketizedPayload, Packetizer, PacketizerFrame, PacketizerOptions } from './packetizer.ts';
export {
  parseVp8Descriptor,
  parseVp9Descriptor,
  rewriteVp8Descriptor,
  spatialTemporalIds,
  type Vp8Descriptor,
  type Vp9Descriptor,
} from './payload-descriptor.ts';
export { startsKeyframe } from './payload-descriptor-keyframe.ts';
export { type ReceptionFigures, ReceptionStats, type ReceptionStatsOptions } from './reception-stats.ts';
export { parseRed, type RedBlock, type RedPacket, RedReceiver } from './red.ts';
export { parseRtcp, RTCP_PACKETS_MAX, type RtcpPacket, writeRtcp } from './rtcp.ts';
export type { BitrateEstimate, Feedback, FullIntraRequest, Nack, PictureLoss } from './rtcp-feedback.ts';
export type { Goodbye, ReceiverReport, ReportBlock, SenderReport, SourceDescription } from './rtcp-report.ts';
export { TRANSPORT_STATUSES_MAX, type TransportFeedback } from './rtcp-transport-feedback.ts';
export { type RtxTarget, unwrapRtx, wrapRtx } from './rtx.ts';
export {
  type AnchorRefusal,
  type AnchorResult,
  type SenderAnchor,
  SenderClock,
  type SenderClockOptions,
} from './sender-clock.ts';
export { type ClockPoint, roundTripUs, SenderReporter } from './sender-report.ts';
export { SequenceUnwrapper, type SequenceUnwrapperOptions, type UnwrappedSequence } from './sequence-unwrapper.ts';
export { nearestUnwrapped, nextUnwrapped } from './serial-number.ts';
export {
  TimestampUnwrapper,
  type TimestampUnwrapperOptions,
  type UnwrappedTimestamp,
} from './timestamp-unwrapper.ts';
export { TwccReceiver, type TwccReceiverOptions } from './twcc-receiver.ts';
export { type PacketOutcome, type TwccReport, TwccSender } from './twcc-sender.ts';
