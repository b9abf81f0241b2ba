// `roomtape publish`: sends a media file or a synthetic flash-and-beep participant into a room by WHIP.

import { RoomtapeError, type UnixUs, US_PER_SECOND, usToMsFloor, type VideoCodec } from '@roomtape/media';
import { createFileSource, createSyntheticSource, type MediaSource, WhipClient } from '@roomtape/testkit';
import { type Command, type CommandCall, EXIT } from '../command.ts';
import { endProgress, kbps, openClientMedia, wait, writeProgress } from './client-media.ts';
import { CommandValues } from './command-values.ts';
import { clientOf, SERVER_OPTIONS } from './server-options.ts';

const CODECS = ['h264', 'h265', 'vp8', 'vp9', 'av1'] as const satisfies readonly VideoCodec[];
const RECONNECT_MS = 1000;
const PROGRESS_MS = 1000;

/** Publishes a stream. */
export const command: Command = {
  name: 'publish',
  summary: 'Sends a media file, or without FILE a synthetic flash-and-beep participant, into a room by WHIP.',
  synopsis: '[FILE] --room ROOM --stream STREAM --user USER [OPTIONS]',
  options: {
    ...SERVER_OPTIONS,
    token: {
      type: 'string',
      placeholder: 'TOKEN',
      description: "client token (default: made with the server's API key)",
    },
    room: { type: 'string', placeholder: 'ROOM', description: 'room to publish into', default: 'demo' },
    stream: { type: 'string', placeholder: 'STREAM', description: 'stream id (default: the user)' },
    user: {
      type: 'string',
      placeholder: 'USER',
      description: 'user id, also the name in the picture',
      default: 'tester',
    },
    duration: {
      type: 'string',
      placeholder: 'DURATION',
      description: 'how long, such as 30s or 5m (default: until stopped)',
    },
    size: { type: 'string', placeholder: 'WxH', description: 'size of the synthetic picture', default: '1280x720' },
    fps: {
      type: 'string',
      placeholder: 'N',
      description: 'pictures per second of the synthetic picture',
      default: '30',
    },
    codec: { type: 'string', placeholder: 'CODEC', description: CODECS.join(', '), default: 'h264' },
    bitrate: { type: 'string', placeholder: 'KBPS', description: 'video bitrate in kbit/s (default: by size)' },
    participant: {
      type: 'string',
      placeholder: 'N',
      description: 'tone of the synthetic participant, 0 to 15',
      default: '0',
    },
    busy: { type: 'boolean', description: 'noise in the synthetic picture, so that it needs its bitrate' },
  },
  positionalsMax: 1,
  run,
};

type PublishPlan = {
  readonly roomId: string;
  readonly streamId: string;
  readonly userId: string;
  readonly durationMs: number | undefined;
  readonly codec: VideoCodec;
  readonly createSource: (startAt: UnixUs) => MediaSource;
};

async function run(call: CommandCall): Promise<number> {
  const values = new CommandValues(call.values);
  const plan = planOf(call, values);
  if (values.problems.length > 0) {
    call.stderr(`${values.problems.join('\n')}\nSee \`roomtape publish --help\`.\n`);
    return EXIT.usage;
  }
  const serverUrl = values.text('server') ?? '';
  const given = values.text('token');
  const token = given ?? (await (await clientOf(call)).rooms.createToken(plan.roomId, { userId: plan.userId })).token;
  // A broken file is told before anything is opened.
  const facts = probe(plan);
  const media = await openClientMedia(serverUrl);
  const client = new WhipClient({
    ...media,
    url: new URL(`/whip/${plan.roomId}/${plan.streamId}`, serverUrl).href,
    token,
    hasAudio: facts.hasAudio,
    ...(facts.hasVideo ? { videoCodec: plan.codec } : {}),
    createSource: plan.createSource,
    onState: (state) => {
      if (state === 'failed' || state === 'closed') lost.isLost = true;
    },
  });
  const lost = { isLost: false };
  try {
    await client.connect();
    call.stdout(`Publishing ${plan.streamId} into ${plan.roomId} at ${serverUrl}\n`);
    await send({ call, client, clock: media.clock, plan, lost });
  } finally {
    endProgress(call);
    await client.close().catch((error: unknown) => call.stderr(`The session could not be ended: ${String(error)}\n`));
    await media.factory.close();
  }
  return EXIT.done;
}

function planOf(call: CommandCall, values: CommandValues): PublishPlan {
  const path = call.positionals[0];
  const userId = values.required('user');
  const codec = values.choice('codec', CODECS) ?? 'h264';
  const size = values.size('size');
  const fps = values.integer('fps', { min: 5, max: 60 });
  const participantIndex = values.integer('participant', { min: 0, max: 15 }) ?? 0;
  const kilobits = values.integer('bitrate', { min: 30, max: 100_000 });
  const bitrate = kilobits === undefined ? {} : { videoBitrateBps: kilobits * 1000 };
  const isBusy = values.flag('busy');
  const synthetic = { name: userId, participantIndex, codec, isBusy, ...size, ...(fps ? { fps } : {}), ...bitrate };
  return {
    roomId: values.required('room'),
    streamId: values.text('stream') ?? userId,
    userId,
    durationMs: values.durationMs('duration'),
    codec,
    createSource: (startAt) =>
      path === undefined
        ? createSyntheticSource({ ...synthetic, signalStartUs: startAt % US_PER_SECOND })
        : createFileSource({ path, codec, ...bitrate }),
  };
}

function probe(plan: PublishPlan): { hasAudio: boolean; hasVideo: boolean } {
  const source = plan.createSource(0 as UnixUs);
  const facts = { hasAudio: source.audio !== undefined, hasVideo: source.video !== undefined };
  source.close();
  return facts;
}

type Sending = {
  readonly call: CommandCall;
  readonly client: WhipClient;
  readonly clock: Awaited<ReturnType<typeof openClientMedia>>['clock'];
  readonly plan: PublishPlan;
  readonly lost: { isLost: boolean };
};

/** Sends until the duration is over, the file has ended or the user stops; comes back after a lost connection. */
async function send({ call, client, clock, plan, lost }: Sending): Promise<void> {
  const startedAt = clock.now();
  let [bytes, frames, at] = [0, 0, startedAt];
  while (!client.isEnded) {
    const elapsedMs = usToMsFloor(clock.now() - startedAt);
    const leftMs = (plan.durationMs ?? Number.POSITIVE_INFINITY) - elapsedMs;
    if (leftMs <= 0 || !(await wait(clock, Math.min(PROGRESS_MS, leftMs), call.signal))) return;
    if (lost.isLost) await reconnect({ call, client, clock, plan, lost });
    const counts = client.counts;
    if (counts === undefined) continue;
    const spanMs = usToMsFloor(clock.now() - at);
    const fps = spanMs <= 0 ? 0 : Math.max(0, ((counts.videoFrames - frames) * 1000) / spanMs);
    const rate = kbps(Math.max(0, counts.bytes - bytes), spanMs);
    [bytes, frames, at] = [counts.bytes, counts.videoFrames, clock.now()];
    const repairs = `${counts.retransmitted} sent again, ${counts.keyframeRequests} keyframes asked`;
    writeProgress(call, `${(elapsedMs / 1000).toFixed(0)} s  ${fps.toFixed(1)} fps  ${rate} kbit/s  ${repairs}`);
  }
}

async function reconnect({ call, client, clock, lost }: Sending): Promise<void> {
  client.drop();
  while (await wait(clock, RECONNECT_MS, call.signal)) {
    writeProgress(call, 'The connection is lost; trying again');
    lost.isLost = false;
    try {
      await client.connect();
      return;
    } catch (error) {
      if (!(error instanceof RoomtapeError) || !error.retryable) throw error;
    }
  }
}
