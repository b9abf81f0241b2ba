export { ERROR_CATALOGUE, type ErrorBody, type ErrorCode, type ErrorRow } from './errors.ts';
export { ID_PATTERN, Id, isId } from './ids.ts';
export { RECORDING_STATES, Recording, RecordingFile, RecordingState, StartRecordingRequest } from './recordings.ts';
export {
  ClientMessage,
  GRANTS,
  type Grant,
  Participant,
  Room,
  type ServerMessage,
  Stream,
  TokenAnswer,
  TokenRequest,
} from './rooms.ts';
