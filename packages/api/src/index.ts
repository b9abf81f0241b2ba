export { errorReference } from './error-reference.ts';
export { ERROR_CATALOGUE, type ErrorBody, type ErrorCode, type ErrorRow } from './errors.ts';
export { Health } from './health.ts';
export { ID_PATTERN, Id, isId } from './ids.ts';
export { MixAudio, MixCanvas, MixRequest, type MixSettings } from './mix.ts';
export {
  changeMix,
  isMixProblem,
  type MixLimits,
  type MixProblem,
  parseMixRequest,
  waitingStreams,
} from './mix-check.ts';
export {
  Background,
  CANVAS_SIDE_MAX,
  CELL_KINDS,
  type CellKind,
  Color,
  IMAGE_FITS,
  type ImageFit,
  ImageRef,
  LAYOUT_MODES,
  type LayoutMode,
  MixCell,
  MixLayout,
  MixTileStyle,
  PLACEHOLDERS,
  type PlaceholderKind,
  TILES_MAX,
} from './mix-layout.ts';
export {
  MixLabels,
  MixMuteIcon,
  MixOverlays,
  MixText,
  MixTimestamp,
  MixWatermark,
  PLACES,
  type Place,
} from './mix-overlays.ts';
export {
  FILE_CONTAINERS,
  OUTPUT_FORMATS,
  OUTPUTS_MAX,
  OutputRequest,
  PICTURE_FORMATS,
  RECORDING_FORMATS,
} from './outputs.ts';
export { checkOutputs, type OutputProblem } from './outputs-check.ts';
export { SnapshotRequest } from './pictures.ts';
export {
  ListRecordingsQuery,
  RECORDING_MODES,
  RECORDING_STATES,
  RecordedStream,
  Recording,
  RecordingFile,
  RecordingFilm,
  RecordingList,
  RecordingState,
  StartRecordingRequest,
} from './recordings.ts';
export { RenderRequest } from './renders.ts';
export {
  ClientMessage,
  ConsoleSession,
  CreateRoomRequest,
  GRANTS,
  type Grant,
  Participant,
  Room,
  RoomList,
  type ServerMessage,
  STREAM_KINDS,
  Stream,
  type StreamKind,
  StreamList,
  TokenAnswer,
  TokenRequest,
} from './rooms.ts';
export { BeginUploadRequest, UploadAnswer } from './uploads.ts';
