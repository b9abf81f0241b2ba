// A typed client of the server's REST API over fetch. It holds no state but the address and the key, retries
// nothing by itself, and throws `ApiError` for every refusal.

import type {
  BeginUploadRequest,
  Health,
  ListRecordingsQuery,
  MixRequest,
  Recording,
  RecordingFile,
  RecordingList,
  RenderRequest,
  Room,
  SnapshotRequest,
  StartRecordingRequest,
  TokenAnswer,
  TokenRequest,
  UploadAnswer,
} from '@roomtape/api';
import { errorOfAnswer, errorOfConnection } from './api-error.ts';

/** How to reach a server. */
export type ClientOptions = {
  /** Address of the server, such as `http://127.0.0.1:8080`. */
  readonly server: string;
  /** The API key, or a token that stands for it. Without one only `health` works. */
  readonly apiKey?: string;
  readonly fetch?: typeof fetch;
  /** Ends a request that takes longer; default 30 s. Downloads have no limit. */
  readonly timeoutMs?: number;
};

/** What a HEAD of a file tells. */
export type FileHead = { readonly bytes: number; readonly contentType: string; readonly etag: string };

/** A part of a file: from `start`, up to but not including `end` when given. */
export type FileRange = { readonly start: number; readonly end?: number };

/** A file to upload: its bytes in pieces of any size, together as many as `bytes` says. */
export type FileUpload = BeginUploadRequest & {
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
};

/** The server's API as functions. */
export interface Client {
  readonly rooms: {
    /** Makes a room, or finds the one of this id. */
    create(roomId: string): Promise<Room>;
    get(roomId: string): Promise<Room>;
    list(): Promise<Room[]>;
    /** Ends everything in the room. */
    delete(roomId: string): Promise<void>;
    createToken(roomId: string, request: TokenRequest): Promise<TokenAnswer>;
  };
  readonly recordings: {
    /** With an idempotency key the same call made twice starts one recording. */
    start(request: StartRequest, options?: StartOptions): Promise<Recording>;
    get(recordingId: string): Promise<Recording>;
    list(query?: ListQuery): Promise<RecordingList>;
    stop(recordingId: string): Promise<Recording>;
    pause(recordingId: string): Promise<Recording>;
    resume(recordingId: string): Promise<Recording>;
    /** Changes how the film of a mixed recording looks and sounds from now on; parts that are absent stay. */
    changeLayout(recordingId: string, change: MixRequest): Promise<Recording>;
    /** Takes a picture: the newest one, or the one at a time of the recording. It is a file of the recording. */
    snapshot(recordingId: string, options?: SnapshotRequest): Promise<RecordingFile>;
    /** Makes a film of a finished recording again, as a recording of its own that finishes by itself. */
    render(recordingId: string, request?: RenderRequest, options?: StartOptions): Promise<Recording>;
  };
  readonly files: {
    /** The bytes of a file or of a part of it; read the body or cancel it. */
    download(fileId: string, range?: FileRange): Promise<Response>;
    head(fileId: string): Promise<FileHead>;
    /** Uploads a file as a recording of a room; resolves when all of it is there. Nothing is sent a second time. */
    upload(file: FileUpload): Promise<UploadAnswer>;
  };
  /** Whether the server can record; does not throw when it cannot. */
  health(): Promise<Health>;
}

/** What to record; `mode` is `single` when absent. */
export type StartRequest = Omit<StartRecordingRequest, 'mode'> & { readonly mode?: StartRecordingRequest['mode'] };

/** How a recording is begun. */
export type StartOptions = { readonly idempotencyKey?: string };

/** Which recordings to list; at most 200 a page. */
export type ListQuery = Omit<ListRecordingsQuery, 'limit'> & { readonly limit?: number };

type Call = {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** Sent as they are, in place of `body`. */
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that are no error besides 2xx. */
  readonly accepts?: readonly number[];
  readonly isUnlimited?: boolean;
};

const TIMEOUT_MS = 30_000;
const PART_BYTES_MIN = 4 * 2 ** 20;

/** Creates a client; makes no request yet. */
export function createClient(options: ClientOptions): Client {
  const send = sender(options);
  const json = async <T>(call: Call): Promise<T> => (await (await send(call)).json()) as T;
  const recording = (recordingId: string, verb = ''): string =>
    `/v1/recordings/${encodeURIComponent(recordingId)}${verb}`;
  const act = (verb: string) => (recordingId: string) =>
    json<Recording>({ method: 'POST', path: recording(recordingId, `/${verb}`) });
  return {
    rooms: roomCalls(send, json),
    recordings: {
      start: (request, { idempotencyKey } = {}) =>
        json({
          method: 'POST',
          path: '/v1/recordings',
          body: { mode: 'single', ...request },
          ...keyHeader(idempotencyKey),
        }),
      get: (recordingId) => json({ path: recording(recordingId) }),
      list: (query = {}) => json({ path: `/v1/recordings${queryText(query)}` }),
      stop: act('stop'),
      pause: act('pause'),
      resume: act('resume'),
      changeLayout: (recordingId, change) =>
        json({ method: 'PUT', path: recording(recordingId, '/layout'), body: change }),
      snapshot: (recordingId, options = {}) =>
        json({ method: 'POST', path: recording(recordingId, '/snapshot'), body: options }),
      render: (recordingId, request = {}, { idempotencyKey } = {}) =>
        json({
          method: 'POST',
          path: recording(recordingId, '/renders'),
          body: request,
          ...keyHeader(idempotencyKey),
        }),
    },
    files: {
      download: (fileId, range) => send({ path: filePath(fileId), headers: rangeHeader(range), isUnlimited: true }),
      head: async (fileId) => headOf(await send({ method: 'HEAD', path: filePath(fileId) })),
      upload: (file) => uploadFile(send, file),
    },
    health: () => json({ path: '/healthz', accepts: [503] }),
  };
}

function keyHeader(key: string | undefined): Pick<Call, 'headers'> {
  return key === undefined ? {} : { headers: { 'idempotency-key': key } };
}

function roomCalls(send: (call: Call) => Promise<Response>, json: <T>(call: Call) => Promise<T>): Client['rooms'] {
  const room = (roomId: string): string => `/v1/rooms/${encodeURIComponent(roomId)}`;
  return {
    create: (roomId) => json({ method: 'POST', path: '/v1/rooms', body: { roomId } }),
    get: (roomId) => json({ path: room(roomId) }),
    list: async () => (await json<{ rooms: Room[] }>({ path: '/v1/rooms' })).rooms,
    delete: async (roomId) => {
      await send({ method: 'DELETE', path: room(roomId) });
    },
    createToken: (roomId, request) => json({ method: 'POST', path: `${room(roomId)}/tokens`, body: request }),
  };
}

/** Small pieces are sent together. */
async function uploadFile(
  send: (call: Call) => Promise<Response>,
  { content, ...facts }: FileUpload,
): Promise<UploadAnswer> {
  const begun = await send({ method: 'POST', path: '/v1/files', body: facts });
  const upload = (await begun.json()) as UploadAnswer;
  let offset = 0;
  for await (const bytes of gathered(content)) {
    const headers = { 'content-type': 'application/partial-upload', 'upload-offset': String(offset) };
    await send({ method: 'PATCH', path: filePath(upload.fileId), headers, bytes, isUnlimited: true });
    offset += bytes.length;
  }
  return { ...upload, offset };
}

async function* gathered(content: FileUpload['content']): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const bytes of content) {
    held.push(bytes);
    heldBytes += bytes.length;
    if (heldBytes < PART_BYTES_MIN) continue;
    yield new Uint8Array(Buffer.concat(held));
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) yield new Uint8Array(Buffer.concat(held));
}

function sender(options: ClientOptions): (call: Call) => Promise<Response> {
  const server = options.server.replace(/\/+$/, '');
  const run = options.fetch ?? fetch;
  return async ({ method = 'GET', path, body, bytes, headers, accepts = [], isUnlimited = false }) => {
    const response = await run(`${server}${path}`, {
      method,
      headers: {
        ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(bytes === undefined ? {} : { body: bytes as Uint8Array<ArrayBuffer> }),
      ...(isUnlimited ? {} : { signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS) }),
    }).catch((error: unknown) => {
      throw errorOfConnection(server, error);
    });
    if (response.ok || accepts.includes(response.status)) return response;
    throw await errorOfAnswer(response);
  };
}

function headOf(response: Response): FileHead {
  return {
    bytes: Number(response.headers.get('content-length') ?? 0),
    contentType: response.headers.get('content-type') ?? '',
    etag: response.headers.get('etag') ?? '',
  };
}

function rangeHeader(range: FileRange | undefined): Record<string, string> {
  if (range === undefined) return {};
  return { range: `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}` };
}

function queryText(query: ListQuery): string {
  const entries = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries)}`;
}

function filePath(fileId: string): string {
  return `/v1/files/${encodeURIComponent(fileId)}`;
}
