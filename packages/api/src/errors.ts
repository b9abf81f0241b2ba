// Every public error, in one place: what it is called, whose fault it is, whether trying again can help, the
// HTTP status it becomes, and what to do about it. Nothing else chooses a status.

/** One row of the catalogue. */
export type ErrorRow = {
  readonly status: number;
  readonly blame: 'caller' | 'source' | 'destination' | 'system';
  readonly retryable: boolean;
  readonly whatToDo: string;
};

const caller = (status: number, whatToDo: string): ErrorRow => ({
  status,
  blame: 'caller',
  retryable: false,
  whatToDo,
});
const system = (status: number, whatToDo: string): ErrorRow => ({ status, blame: 'system', retryable: true, whatToDo });

/** The public error catalogue, by stable code. */
export const ERROR_CATALOGUE = {
  INVALID_REQUEST: caller(400, 'Compare the request with the schema at /v1/openapi.json; `details` names the field.'),
  INVALID_ID: caller(400, 'Use 1 to 128 letters, digits, `_` or `-`.'),
  INVALID_SDP: caller(400, 'Send the SDP offer of a WebRTC client as application/sdp; `details` says what is missing.'),
  NOT_ACCEPTABLE: caller(406, 'Offer at least one of H.264, H.265, VP8, VP9, AV1 or Opus with BUNDLE and rtcp-mux.'),
  UNAUTHENTICATED: caller(401, 'Send `Authorization: Bearer` with the API key or a token that has not expired.'),
  FORBIDDEN: caller(403, 'Ask the server for a token that grants this room, user and action.'),
  ROOM_NOT_FOUND: caller(404, 'Create the room or let somebody join it first.'),
  STREAM_NOT_FOUND: caller(404, 'Publish the stream first; `GET /v1/rooms/{roomId}` lists what is there.'),
  SESSION_NOT_FOUND: caller(404, 'The session has ended: open a new one with POST.'),
  RECORDING_NOT_FOUND: caller(404, 'Check the id; `GET /v1/recordings` lists all.'),
  FILE_NOT_FOUND: caller(404, 'Check the id; `GET /v1/recordings/{id}` lists the files.'),
  NOT_FOUND: caller(404, 'Check the path against /v1/openapi.json.'),
  METHOD_NOT_ALLOWED: caller(405, 'Use one of the methods in the Allow header.'),
  STREAM_TAKEN: caller(409, 'Choose another stream id, or let its publisher stop first.'),
  INVALID_STATE: caller(409, 'The recording is in another state; `details.state` names it.'),
  NOTHING_RECORDED: caller(409, 'Publish in the room the recording names, before it is stopped; check `streams`.'),
  NO_VIDEO: caller(409, 'There is only sound: name a stream with pictures in `streamId`.'),
  TAPE_GONE: caller(410, 'The tapes were deleted: the files are all that is left of the recording.'),
  IDEMPOTENCY_MISMATCH: caller(409, 'The key was used with another request: choose a new Idempotency-Key.'),
  UPLOAD_OFFSET_MISMATCH: caller(409, 'Go on with the byte that `details.offset` names; HEAD tells it, too.'),
  PRECONDITION_FAILED: caller(412, 'Send the ETag of the last answer in If-Match.'),
  PRECONDITION_REQUIRED: caller(428, 'Send If-Match with the session ETag.'),
  REQUEST_TOO_LARGE: caller(413, 'Send less; `details.bytesMax` is the limit.'),
  UNSUPPORTED_MEDIA_TYPE: caller(415, 'Use the Content-Type that `details.expected` names.'),
  RANGE_NOT_SATISFIABLE: caller(416, 'Ask for bytes inside the file; Content-Range tells its size.'),
  NOT_SUPPORTED: caller(422, 'This version cannot do that yet; `details.supported` lists what it can.'),
  LAYOUT_ODD_SIZE: caller(400, 'Use even numbers: pictures are stored at half the colour resolution.'),
  LAYOUT_OUTSIDE_CANVAS: caller(400, 'Keep every rectangle inside the canvas; `details.canvas` is its size.'),
  LAYOUT_OVERLAP: caller(400, 'Give overlapping cells different layers; `details.cells` are the two indexes.'),
  LAYOUT_TOO_MANY_TILES: caller(400, 'Use fewer cells or a lower tilesMax; `details.tilesMax` is the limit.'),
  LAYOUT_TWO_WHITEBOARDS: caller(400, 'A layout has one whiteboard cell at most; `details.cells` names those given.'),
  ASSET_BLOCKED: caller(403, 'Use a public address, or allow private ones in the server configuration.'),
  ASSET_NOT_FOUND: caller(404, 'Check the address or the asset id; `details.status` is what its server said.'),
  ASSET_TOO_LARGE: caller(413, 'Use a smaller picture; `details` names the limit, of bytes or of pixels.'),
  ASSET_UNSUPPORTED: caller(415, 'Use PNG, JPEG, WebP or SVG without scripts and without references to elsewhere.'),
  ASSET_UNREACHABLE: {
    status: 502,
    blame: 'source',
    retryable: true,
    whatToDo: 'Check that the server can reach the address in time; the recording goes on without the picture.',
  },
  TOO_MANY_REQUESTS: { status: 429, blame: 'caller', retryable: true, whatToDo: 'Wait as Retry-After says.' },
  LIMIT_REACHED: {
    status: 503,
    blame: 'system',
    retryable: true,
    whatToDo: 'The server is at a configured limit; `details` names it.',
  },
  NO_PICTURE: {
    status: 503,
    blame: 'source',
    retryable: true,
    whatToDo: 'No picture has been recorded yet: try again when a camera is on.',
  },
  DISK_FULL: system(507, 'Free space under the data directory; recording goes on by itself.'),
  MEDIA_UNAVAILABLE: system(503, 'The media process is restarting: try again in a second.'),
  WORKER_UNAVAILABLE: system(503, 'The worker process is restarting: the recording finishes by itself.'),
  MIX_FAILED: {
    status: 500,
    blame: 'system',
    retryable: true,
    whatToDo: 'The tapes of all streams are safe: `roomtape render` makes the film again.',
  },
  PROJECTION_FAILED: {
    status: 500,
    blame: 'system',
    retryable: true,
    whatToDo: 'The tape is safe: `roomtape render` makes the file again.',
  },
  INTERNAL: system(500, 'Report the requestId with the server log.'),
} as const satisfies Record<string, ErrorRow>;

/** A stable, public error code. */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** The body of every error answer. */
export type ErrorBody = {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly blame: ErrorRow['blame'];
    readonly retryable: boolean;
    readonly whatToDo: string;
    readonly details: Readonly<Record<string, unknown>>;
    readonly requestId: string;
  };
};
