// Checks the outputs of a recording for what a schema cannot say. Pure; it expects a body that fits the schema.

import { Value } from 'typebox/value';
import type { ErrorCode } from './errors.ts';
import { OutputRequest, PICTURE_FORMATS } from './outputs.ts';
import type { StartRecordingRequest } from './recordings.ts';

/** Why outputs cannot be made: a row of the error catalogue with the field it is about. */
export type OutputProblem = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
};

/** The fields of a request that say what is made of its streams. */
export type AskedOutputs = Partial<
  Pick<
    StartRecordingRequest,
    'format' | 'media' | 'audioCodec' | 'segmentSeconds' | 'newFileSeconds' | 'newFileMegabytes' | 'outputs'
  >
>;

const SINGLE_FIELDS = [
  'format',
  'media',
  'audioCodec',
  'segmentSeconds',
  'newFileSeconds',
  'newFileMegabytes',
] as const;
const NEW_FILE_FIELDS = ['newFileSeconds', 'newFileMegabytes'] as const;
const SOUND_FIELDS = ['media', 'audioCodec', 'segmentSeconds'] as const;
const PICTURE_FIELDS = ['everySeconds', 'width'] as const;
const SOUND_ONLY: ReadonlySet<string> = new Set(['aac', 'mp3', 'ogg', 'wav']);
const PICTURES: ReadonlySet<string> = new Set(PICTURE_FORMATS);

/** The first reason why what is asked for cannot be made; `undefined` when it can. */
export function checkOutputs(request: AskedOutputs): OutputProblem | undefined {
  const { outputs } = request;
  if (outputs === undefined) return checkOutput({ format: 'auto', ...request }, '');
  const single = SINGLE_FIELDS.find((field) => request[field] !== undefined);
  if (single !== undefined) return invalid(single, 'must be absent when outputs are given: each output has its own');
  for (const [index, output] of outputs.entries()) {
    const problem = checkOutput(output, `outputs.${index}.`) ?? checkTwin(outputs, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkOutput(output: OutputRequest, path: string): OutputProblem | undefined {
  const { format } = output;
  const isPictures = PICTURES.has(format);
  const foreign = (isPictures ? SOUND_FIELDS : PICTURE_FIELDS).find((field) => output[field] !== undefined);
  if (foreign !== undefined)
    return invalid(
      path + foreign,
      isPictures ? `must be absent: ${format} is a series of pictures` : `must be absent: only jpeg and webp have it`,
    );
  if (SOUND_ONLY.has(format) && output.media === 'video')
    return invalid(`${path}media`, `must not be video: ${format} holds sound only`);
  if (format !== 'hls' && !isPictures) return undefined;
  const cut = NEW_FILE_FIELDS.find((field) => output[field] !== undefined);
  if (cut === undefined) return undefined;
  const why = isPictures ? 'each picture is a file of its own' : 'HLS is cut into segments already';
  return invalid(path + cut, `must be absent: ${why}`);
}

/** Two outputs that say the same would write the same file twice. */
function checkTwin(outputs: readonly OutputRequest[], index: number): OutputProblem | undefined {
  const asked = withDefaults(outputs[index]);
  const twin = outputs.slice(0, index).findIndex((other) => Value.Equal(withDefaults(other), asked));
  return twin === -1 ? undefined : invalid(`outputs.${index}`, `must not be the same as outputs.${twin}`);
}

function withDefaults(output: OutputRequest | undefined): unknown {
  return Value.Default(OutputRequest, Value.Clone(output));
}

function invalid(field: string, problem: string): OutputProblem {
  const message = `${field} ${problem}`;
  return { code: 'INVALID_REQUEST', message, details: { problems: [{ field, problem }] } };
}
