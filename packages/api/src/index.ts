export { errorReference } from './error-reference.ts';
export { ERROR_CATALOGUE, type ErrorBody, type ErrorCode, type ErrorRow } from './errors.ts';
export { Health } from './health.ts';
export { ID_PATTERN, Id, isId } from './ids.ts';
export {
  ListRecordingsQuery,
  RECORDING_STATES,
  Recording,
  RecordingFile,
  RecordingList,
  RecordingState,
  StartRecordingRequest,
} from './recordings.ts';
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
  Stream,
  StreamList,
  TokenAnswer,
  TokenRequest,
} from './rooms.ts';
