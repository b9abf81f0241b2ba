// `roomtape render`: makes the files of a tape again, or a film of a whole recording with any layout, beside no server.

import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import { unixUs } from '@roomtape/media';
import { renderTape } from '@roomtape/recorder';
import { type Command, type CommandCall, EXIT } from '../command.ts';
import { filesTable } from '../files-table.ts';
import { findTapes } from '../tape-location.ts';
import { renderFilm } from './render-film.ts';
import { DATA_DIRECTORY_OPTION, dataDirectoryOf } from './server-options.ts';

const CONTAINERS = { '.mp4': 'mp4', '.webm': 'webm' } as const;
const FRAGMENT_MS = 500;

/** Renders a tape. */
export const command: Command = {
  name: 'render',
  summary:
    'Makes a file from a tape again (OUT ends in .mp4 or .webm; a codec change makes further files OUT-2, OUT-3 …), or a film of all streams of a recording with --layout or --out.',
  synopsis: 'TAPE OUT [OPTIONS] | RECORDING [--layout FILE] [--out FILE.mp4]',
  options: {
    ...DATA_DIRECTORY_OPTION,
    layout: {
      type: 'string',
      placeholder: 'FILE',
      description: 'JSON of a layout or a mix request: how the film looks (default: as it did live)',
    },
    out: { type: 'string', placeholder: 'FILE', description: 'the film (default: RECORDING.mp4)' },
    media: { type: 'string', placeholder: 'MEDIA', description: 'audio-video, audio or video', default: 'audio-video' },
    'audio-codec': { type: 'string', placeholder: 'CODEC', description: 'aac or opus, in MP4', default: 'aac' },
  },
  positionalsMax: 2,
  run,
};

async function run(call: CommandCall): Promise<number> {
  const { positionals, values, env, stdout, stderr } = call;
  const [tape, out] = positionals;
  const container = CONTAINERS[extname(out ?? '') as keyof typeof CONTAINERS];
  const media = oneOf(values.media, ['audio-video', 'audio', 'video'] as const);
  const audioCodec = oneOf(values['audio-codec'], ['aac', 'opus'] as const);
  const isFilm = values.layout !== undefined || values.out !== undefined;
  if (isFilm && tape !== undefined && out === undefined && audioCodec !== undefined) {
    const text = (name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined);
    return renderFilm(call, { recording: tape, layout: text('layout'), out: text('out'), audioCodec });
  }
  if (tape === undefined || out === undefined || container === undefined) {
    stderr('Name a tape and a file that ends in .mp4 or .webm, or a recording with --layout or --out.\n');
    return EXIT.usage;
  }
  if (media === undefined || audioCodec === undefined) {
    stderr('--media is audio-video, audio or video; --audio-codec is aac or opus.\n');
    return EXIT.usage;
  }
  const [tapeDirectory, another] = findTapes(tape, dataDirectoryOf({ values, env }));
  if (tapeDirectory === undefined || another !== undefined) {
    stderr(another === undefined ? `There is no tape at ${tape}.\n` : `${tape} has several tapes: name one.\n`);
    return EXIT.failed;
  }
  const outputDirectory = dirname(resolve(out));
  await mkdir(outputDirectory, { recursive: true });
  const files = await renderTape({
    jobId: 'render',
    tapeDirectory,
    outputDirectory,
    fileName: basename(out, extname(out)),
    container,
    media,
    audioCodec,
    startAt: unixUs(0),
    fragmentMs: FRAGMENT_MS,
  });
  if (files.length === 0) {
    stderr('The tape has no such media.\n');
    return EXIT.failed;
  }
  stdout(
    filesTable(
      files.map((file) => ({ ...file, name: file.path, durationMs: file.durationUs / 1000, missing: file.missingUs })),
    ),
  );
  return EXIT.done;
}

function oneOf<T extends string>(value: unknown, choices: readonly T[]): T | undefined {
  return choices.find((choice) => choice === value);
}
