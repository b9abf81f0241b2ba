// Gives a channel of the engine what it shows: devices, a screen, or a picture and sound the page makes.

import { type CaptureSource, type Engine, PUBLISH_CHANNELS, type PublishChannel } from '@roomtape/sdk';
import { startFlashBeep } from '../flash-beep.ts';
import type { MadeSource } from '../made-source.ts';
import { startTestPicture } from '../test-picture.ts';
import { CHANNEL_NAMES } from './channel-names.ts';
import type { ChannelSource } from './channel-view.ts';

/** What a channel is to show. Device ids may be empty: the default ones. */
export type SourceWish = {
  readonly channel: PublishChannel;
  readonly source: ChannelSource;
  readonly cameraId: string;
  readonly microphoneId: string;
  /** Only sound is wanted: no camera is opened. */
  readonly isSoundOnly?: boolean;
};

/** An open source; `close` ends what the page made for it, not the engine's devices. */
export type OpenChannelSource = { readonly mediaStream: MediaStream | undefined; close(): void };

/** Opens a source in the engine; a channel that is `off` is closed. Rejects as `startPreview` does. */
export async function openChannelSource(engine: Engine, wish: SourceWish): Promise<OpenChannelSource> {
  const { channel, source } = wish;
  if (source === 'off') {
    await engine.stopPreview(channel);
    return { mediaStream: undefined, close: () => undefined };
  }
  const made = makeSource(wish);
  try {
    const capture = made === undefined ? captureOf(wish) : ({ kind: 'custom', mediaStream: made.mediaStream } as const);
    return { mediaStream: await engine.startPreview({ channel, source: capture }), close: () => made?.close() };
  } catch (error) {
    made?.close();
    throw error;
  }
}

function makeSource({ source, channel }: SourceWish): MadeSource | undefined {
  const name = CHANNEL_NAMES[channel];
  if (source === 'test') return startTestPicture(name);
  if (source !== 'flash-beep') return undefined;
  return startFlashBeep({ name, participantIndex: PUBLISH_CHANNELS.indexOf(channel) });
}

function captureOf({ source, cameraId, microphoneId, isSoundOnly }: SourceWish): CaptureSource {
  if (source === 'screen') return { kind: 'screen', audio: true };
  return {
    kind: 'camera',
    camera: isSoundOnly === true ? false : cameraId || true,
    microphone: microphoneId || true,
  };
}
