// What an engine captures: its four channels, where their previews are shown, and the devices there are.

import type { AudioGraph } from '../audio/audio-graph.ts';
import type { Environment } from '../environment.ts';
import { asClientError, clientError } from '../errors.ts';
import { PUBLISH_CHANNELS, type PublishChannel } from '../recording/record-config.ts';
import { invalidArgument } from './argument-reader.ts';
import { asEngineError } from './call-guard.ts';
import { ChannelCapture } from './channel-capture.ts';
import type { EngineEvents } from './engine-events.ts';
import type { CameraSource, CustomSource, MediaDevice, ScreenSource, VideoConfig } from './engine-options.ts';

/** What a desk needs and whom it tells. */
export type CaptureDeskOptions = {
  readonly environment: Environment;
  readonly graph: AudioGraph;
  onDevices(event: EngineEvents['devices-changed']): void;
  onEnded(event: EngineEvents['capture-ended']): void;
};

/** A preview as it was read from the page's call. */
export type PreviewRequest = {
  readonly channel: PublishChannel;
  readonly video: HTMLVideoElement | undefined;
  readonly source: CameraSource | ScreenSource | CustomSource | undefined;
};

const KINDS: Readonly<Record<MediaDeviceKind, MediaDevice['kind']>> = {
  videoinput: 'camera',
  audioinput: 'microphone',
  audiooutput: 'speaker',
};

/** Keeps the channels of one engine. */
export class CaptureDesk {
  readonly #options: CaptureDeskOptions;
  readonly #captures: ReadonlyMap<PublishChannel, ChannelCapture>;
  readonly #elements = new Map<PublishChannel, HTMLVideoElement>();
  readonly #onDeviceChange = (): void => void this.#tellDevices();

  constructor(options: CaptureDeskOptions) {
    this.#options = options;
    const { environment, graph } = options;
    const error = clientError('RECORD_TRACK_ENDED');
    this.#captures = new Map(
      PUBLISH_CHANNELS.map((channel) => {
        const onEnded = (kind: 'audio' | 'video'): void => options.onEnded({ channel, kind, error });
        return [channel, new ChannelCapture({ channel, environment, graph, onEnded })];
      }),
    );
    environment.mediaDevices?.addEventListener?.('devicechange', this.#onDeviceChange);
  }

  /** All channels. */
  get channels(): readonly ChannelCapture[] {
    return [...this.#captures.values()];
  }

  /** One channel. */
  of(channel: PublishChannel): ChannelCapture {
    const capture = this.#captures.get(channel);
    if (capture === undefined) throw invalidArgument('channel', PUBLISH_CHANNELS.join(', '));
    return capture;
  }

  /** Opens a channel and shows it. */
  async startPreview({ channel, video, source }: PreviewRequest): Promise<MediaStream> {
    const capture = this.of(channel);
    capture.use('preview');
    await capture.open(source).catch((error: unknown) => {
      // Who is cancelled was replaced or closed by another call, whose business the devices are now.
      if (!capture.isOpen && asEngineError(error).code !== 'CANCELLED') capture.release('preview');
      throw error;
    });
    if (video !== undefined) this.#show(channel, video);
    return capture.mediaStream;
  }

  /** A preview took too long: the channel is as if it had not been asked for. */
  cancelPreview(channel: PublishChannel): void {
    const capture = this.of(channel);
    capture.cancelOpening();
    if (!capture.isOpen) capture.release('preview');
  }

  /** Takes the picture off its element; the devices close unless they are published or recorded. */
  stopPreview(channel: PublishChannel): void {
    this.#hide(channel);
    this.of(channel).release('preview');
  }

  /** Switches sound or picture of one channel, or of every channel with a camera source. */
  switchOff(kind: 'audio' | 'video', isOff: boolean, channel: PublishChannel | undefined): void {
    if (channel !== undefined) this.of(channel).switchOff(kind, isOff);
    else for (const capture of this.channels) capture.switchCameraOff(kind, isOff);
  }

  /** Changes the picture of a channel. */
  configure(config: VideoConfig, channel: PublishChannel): Promise<void> {
    return this.of(channel).configure(config);
  }

  /** Every device of this machine; names are empty until the user allowed the use of one. */
  async enumerateDevices(): Promise<readonly MediaDevice[]> {
    const { mediaDevices } = this.#options.environment;
    if (mediaDevices === undefined) throw clientError('NOT_SECURE');
    const devices = await mediaDevices
      .enumerateDevices()
      .catch((error: unknown) => Promise.reject(asClientError(error)));
    return devices.map(({ kind, deviceId, label }) => ({ kind: KINDS[kind], deviceId, name: label }));
  }

  /** A microphone as the device gives it, beside the one that is open; whoever asked stops it. */
  async openUnprocessed(channel: PublishChannel): Promise<MediaStreamTrack> {
    const { mediaDevices } = this.#options.environment;
    if (mediaDevices === undefined) throw clientError('NOT_SECURE');
    const deviceId = this.of(channel).capturedAudioTrack?.getSettings().deviceId;
    const processing = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const chosen = deviceId === undefined ? {} : { deviceId: { exact: deviceId } };
    try {
      const opened = await mediaDevices.getUserMedia({ audio: { ...processing, ...chosen } });
      const [track] = opened.getAudioTracks();
      if (track === undefined) throw clientError('DEVICE_NOT_FOUND');
      return track;
    } catch (error) {
      throw asClientError(error);
    }
  }

  /** Closes every device and forgets every element. */
  destroy(): void {
    this.#options.environment.mediaDevices?.removeEventListener?.('devicechange', this.#onDeviceChange);
    for (const capture of this.channels) {
      this.#hide(capture.channel);
      capture.destroy();
    }
  }

  #show(channel: PublishChannel, video: HTMLVideoElement): void {
    const { mediaStream } = this.of(channel);
    if (this.#elements.get(channel) !== video) this.#hide(channel);
    try {
      video.muted = true;
      video.playsInline = true;
      if (video.srcObject !== mediaStream) video.srcObject = mediaStream;
      // A browser may refuse to start playing by itself; the first picture is shown all the same.
      void Promise.resolve(video.play()).catch(() => undefined);
    } catch (error) {
      throw invalidArgument('video', 'a video element', error);
    }
    this.#elements.set(channel, video);
  }

  #hide(channel: PublishChannel): void {
    const video = this.#elements.get(channel);
    this.#elements.delete(channel);
    if (video?.srcObject === this.of(channel).mediaStream) video.srcObject = null;
  }

  async #tellDevices(): Promise<void> {
    const devices = await this.enumerateDevices().catch(() => undefined);
    if (devices !== undefined) this.#options.onDevices({ devices });
  }
}
