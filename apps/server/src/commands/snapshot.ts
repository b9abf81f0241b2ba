// `roomtape snapshot`: has a running server take a picture of a recording, and saves it.

import { writeFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import type { SnapshotRequest } from '@roomtape/api';
import { ApiError } from '@roomtape/sdk-server';
import { type Command, type CommandCall, EXIT } from '../command.ts';
import { parseDurationMs } from '../duration.ts';
import { clientOf, SERVER_OPTIONS } from './server-options.ts';

const FORMATS = { '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' } as const;

/** Takes a picture. */
export const command: Command = {
  name: 'snapshot',
  summary: 'Takes a picture of a recording, now or at a time of it, and saves it (FILE ends in .jpg or .webp).',
  synopsis: 'RECORDING --out FILE [--at 2m] [OPTIONS]',
  options: {
    ...SERVER_OPTIONS,
    out: { type: 'string', placeholder: 'FILE', description: 'the picture' },
    at: {
      type: 'string',
      placeholder: 'DURATION',
      description: 'from the beginning of the recording, such as 90s, 2m, 1500ms; the newest picture when absent',
    },
    stream: { type: 'string', placeholder: 'ID', description: 'which stream, where there are several' },
    width: { type: 'string', placeholder: 'PX', description: 'width; as it was recorded when absent' },
  },
  positionalsMax: 1,
  run,
};

async function run(call: CommandCall): Promise<number> {
  const { positionals, values } = call;
  const [recordingId] = positionals;
  const out = typeof values.out === 'string' ? resolve(values.out) : '';
  const format = FORMATS[extname(out).toLowerCase() as keyof typeof FORMATS];
  const atMs = values.at === undefined ? undefined : parseDurationMs(String(values.at));
  if (recordingId === undefined || format === undefined || (values.at !== undefined && atMs === undefined)) {
    call.stderr('Name a recording, --out FILE that ends in .jpg or .webp, and --at with ms, s, m or h.\n');
    return EXIT.usage;
  }
  const request: SnapshotRequest = {
    format,
    ...(atMs === undefined ? {} : { atMs: Math.round(atMs) }),
    ...(typeof values.stream === 'string' ? { streamId: values.stream } : {}),
    ...(values.width === undefined ? {} : { width: Number(values.width) }),
  };
  try {
    const client = await clientOf(call);
    const file = await client.recordings.snapshot(recordingId, request);
    const answer = await client.files.download(file.fileId);
    await writeFile(out, new Uint8Array(await answer.arrayBuffer()));
    call.stdout(`${out}  ${file.width} × ${file.height}, ${file.bytes} bytes, of ${file.startedAt}\n`);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    call.stderr(`${error.code}: ${error.message}. ${error.whatToDo}\n`);
    return EXIT.failed;
  }
}
