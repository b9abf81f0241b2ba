// `roomtape play`: receives a stream by WHEP, shows what arrives, and can keep it in a file.

import { describeConfig, usToMsFloor } from '@roomtape/media';
import { PlayedFile, type PlayedFrame, WhepClient } from '@roomtape/testkit';
import { type Command, type CommandCall, EXIT } from '../command.ts';
import { endProgress, kbps, openClientMedia, wait, writeProgress } from './client-media.ts';
import { CommandValues } from './command-values.ts';
import { clientOf, SERVER_OPTIONS } from './server-options.ts';

const PROGRESS_MS = 1000;

/** Plays a stream. */
export const command: Command = {
  name: 'play',
  summary: 'Receives a stream by WHEP and shows pictures per second, bitrate, loss, codec and size.',
  synopsis: '--room ROOM --stream STREAM [OPTIONS]',
  options: {
    ...SERVER_OPTIONS,
    token: {
      type: 'string',
      placeholder: 'TOKEN',
      description: "client token (default: made with the server's API key)",
    },
    room: { type: 'string', placeholder: 'ROOM', description: 'room of the stream', default: 'demo' },
    stream: { type: 'string', placeholder: 'STREAM', description: 'stream to play' },
    user: { type: 'string', placeholder: 'USER', description: 'user id of the viewer', default: 'viewer' },
    duration: { type: 'string', placeholder: 'DURATION', description: 'how long (default: until stopped)' },
    out: { type: 'string', placeholder: 'FILE', description: 'also write it here: MP4, or WebM for VP8 and VP9' },
  },
  positionalsMax: 0,
  exitCodes: { 1: 'failed, or nothing was received' },
  run,
};

async function run(call: CommandCall): Promise<number> {
  const values = new CommandValues(call.values);
  const [room, stream, user] = [values.required('room'), values.required('stream'), values.required('user')];
  const durationMs = values.durationMs('duration');
  if (values.problems.length > 0) {
    call.stderr(`${values.problems.join('\n')}\nSee \`roomtape play --help\`.\n`);
    return EXIT.usage;
  }
  const server = values.required('server');
  const token = values.text('token') ?? (await (await clientOf(call)).rooms.createToken(room, { userId: user })).token;
  const media = await openClientMedia(server);
  const view = new Viewing(values.text('out'));
  const client = new WhepClient({
    ...media,
    url: new URL(`/whep/${room}/${stream}`, server).href,
    token,
    onFrame: (frame) => view.take(frame, client),
  });
  try {
    await client.connect();
    await watch({ call, client, view, clock: media.clock, durationMs });
  } finally {
    endProgress(call);
    view.finish();
    await client.close().catch((error: unknown) => call.stderr(`The session could not be ended: ${String(error)}\n`));
    await media.factory.close();
  }
  return view.frames > 0 ? EXIT.done : EXIT.failed;
}

/** What has been seen so far, and the file it goes to. */
class Viewing {
  frames = 0;
  size = '';
  readonly #path: string | undefined;
  #file: PlayedFile | undefined;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  take(frame: PlayedFrame, client: WhepClient): void {
    this.frames++;
    if (frame.media.kind === 'video' && frame.type === 'key') {
      const config = describeConfig(frame.media.codec, frame.data);
      if (config?.width !== undefined) this.size = `${config.width}x${config.height}`;
    }
    if (this.#path === undefined) return;
    // Frames can only come once `connect` knows what was agreed on.
    const media = client.media.length === 0 ? [frame.media] : client.media;
    this.#file ??= new PlayedFile({ path: this.#path, media });
    this.#file.take(frame);
  }

  /** A publisher may send one keyframe for all its life; the file needs one after the first sender report. */
  get wantsKeyframe(): boolean {
    return this.#path !== undefined && this.#file?.isStarted !== true;
  }

  finish(): void {
    this.#file?.finish();
  }
}

type Watching = {
  readonly call: CommandCall;
  readonly client: WhepClient;
  readonly view: Viewing;
  readonly clock: Awaited<ReturnType<typeof openClientMedia>>['clock'];
  readonly durationMs: number | undefined;
};

async function watch({ call, client, view, clock, durationMs }: Watching): Promise<void> {
  const startedAt = clock.now();
  let [bytes, frames, at] = [0, 0, startedAt];
  for (;;) {
    const elapsedMs = usToMsFloor(clock.now() - startedAt);
    const leftMs = (durationMs ?? Number.POSITIVE_INFINITY) - elapsedMs;
    if (leftMs <= 0 || !(await wait(clock, Math.min(PROGRESS_MS, leftMs), call.signal))) return;
    if (view.wantsKeyframe) client.requestKeyframe();
    const { audio, video } = client.counts;
    const spanMs = Math.max(1, usToMsFloor(clock.now() - at));
    const total = (audio?.bytes ?? 0) + (video?.bytes ?? 0);
    const fps = (((video?.frames ?? 0) - frames) * 1000) / spanMs;
    const lost = (audio?.lost ?? 0) + (video?.lost ?? 0);
    const codecs = client.media.map((media) => media.codec).join(' + ');
    writeProgress(
      call,
      `${((elapsedMs + spanMs) / 1000).toFixed(0)} s  ${codecs} ${view.size}  ${fps.toFixed(1)} fps  ` +
        `${kbps(total - bytes, spanMs)} kbit/s  ${lost} packets lost, ${video?.repaired ?? 0} repaired`,
    );
    [bytes, frames, at] = [total, video?.frames ?? 0, clock.now()];
  }
}
