// One publish channel: the tracks it captures now, who uses them, and what is mixed into its sound. Preview,
// publication and recording all look at this one object; the devices close when the last of them lets go.

import type { AudioGraph } from '../audio/audio-graph.ts';
import { ChannelMixer } from '../audio/channel-mixer.ts';
import { Emitter, type Unsubscribe } from '../emitter.ts';
import type { Environment } from '../environment.ts';
import { clientError } from '../errors.ts';
import type { LocalStream } from '../local-stream.ts';
import type { PublishChannel } from '../recording/record-config.ts';
import type { RecordingSource } from '../recording/recording-source.ts';
import type { CameraSource, CustomSource, ScreenSource, VideoConfig } from './engine-options.ts';
import { closeTrack, type OpenedSource, openSource, type SourceTrack } from './opened-source.ts';

/** Why a channel's devices are open. */
export type CaptureUser = 'preview' | 'publish' | 'record';

type Kind = 'audio' | 'video';
type Source = CameraSource | ScreenSource | CustomSource;

/** What a channel needs and whom it tells. */
export type ChannelCaptureOptions = {
  readonly channel: PublishChannel;
  readonly environment: Environment;
  readonly graph: AudioGraph;
  /** A track ended without being asked to. */
  onEnded(kind: Kind): void;
};

/** The tracks of one channel. */
export class ChannelCapture implements RecordingSource, LocalStream {
  readonly channel: PublishChannel;
  /** The same object for the life of the channel; its tracks follow what is captured. */
  readonly mediaStream: MediaStream;
  /** Sound is mixed into the channel here. */
  readonly mixer: ChannelMixer;
  readonly #options: ChannelCaptureOptions;
  readonly #changes = new Emitter<{ change: undefined }>();
  readonly #users = new Set<CaptureUser>();
  readonly #tracks = new Map<Kind, SourceTrack>();
  /** Which attempt to fill a track counts: a later one, or a close, makes an earlier one void. */
  readonly #attempts = { audio: 0, video: 0 };
  readonly #choice: { camera?: string; microphone?: string } = {};
  /** Switched off on this channel, and on every camera: the latter does not touch a screen that follows the camera. */
  readonly #isOff = { audio: false, video: false };
  readonly #isCameraOff = { audio: false, video: false };
  #source: Source | undefined;
  #kind: OpenedSource['kind'] = 'camera';
  #config: VideoConfig = {};
  #opening: Promise<void> | undefined;

  constructor(options: ChannelCaptureOptions) {
    this.#options = options;
    this.channel = options.channel;
    this.mediaStream = options.environment.createMediaStream();
    this.mixer = new ChannelMixer(options.graph);
    this.mixer.onChange(() => this.#changed());
  }

  /** Kind of source, as publishing needs it. */
  get source(): OpenedSource['kind'] {
    return this.#kind;
  }

  /** The picture as it is now. */
  get videoTrack(): MediaStreamTrack | undefined {
    return this.#tracks.get('video')?.track;
  }

  /** The sound as it is published and recorded. */
  get audioTrack(): MediaStreamTrack | undefined {
    return this.mixer.audioTrack;
  }

  /** What is captured of the sound, before anything is mixed in. */
  get capturedAudioTrack(): MediaStreamTrack | undefined {
    return this.#tracks.get('audio')?.track;
  }

  /** What mixing delays the sound by, µs. */
  get audioDelayUs(): number {
    return this.mixer.audioDelayUs;
  }

  /** The picture settings as they were asked for. */
  get config(): VideoConfig {
    return this.#config;
  }

  /** Whether there is a track. */
  get isOpen(): boolean {
    return this.#tracks.size > 0;
  }

  /** Calls `listener` after a track or a mute changed. */
  onChange(listener: () => void): Unsubscribe {
    return this.#changes.on('change', listener);
  }

  /** Whether the page switched this kind off, so that the room shows it as muted. Sound mixed in goes on. */
  isMuted(kind: Kind): boolean {
    return this.#isSilent(kind) && (kind === 'video' || this.audioTrack === this.capturedAudioTrack);
  }

  /** Notes that `user` needs the tracks. */
  use(user: CaptureUser): void {
    this.#users.add(user);
  }

  /** Notes that `user` needs the tracks no longer; the last one closes the devices. */
  release(user: CaptureUser): void {
    if (this.#users.delete(user) && this.#users.size === 0) this.close();
  }

  /**
   * Captures from `source` in place of what was there; without one, what is there stays, what ended is opened again, or
   * a camera is opened. The old tracks stay until the new ones are there. Rejects with `CANCELLED` when something else was asked for meanwhile.
   */
  async open(source: Source | undefined): Promise<void> {
    if (source === undefined && this.#opening !== undefined) return this.#opening;
    const isAlive = [...this.#tracks.values()].every(({ track }) => track.readyState !== 'ended');
    if (source === undefined && this.isOpen && isAlive) return;
    const again = this.isOpen ? this.#source : undefined;
    const opening = this.#replaceAll(source ?? again ?? { kind: 'camera' });
    this.#opening = opening;
    try {
      await opening;
    } finally {
      if (this.#opening === opening) this.#opening = undefined;
    }
  }

  /** Devices that are being opened come too late: they are closed when they come. What is open stays. */
  cancelOpening(): void {
    this.#attempts.audio += 1;
    this.#attempts.video += 1;
    this.#opening = undefined;
  }

  /** Takes the picture from that camera from now on. Only remembered while the channel is closed. */
  async useCamera(deviceId: string): Promise<void> {
    this.#choice.camera = deviceId;
    await this.#opening?.catch(() => undefined);
    if (this.isOpen) await this.#replaceOne('video', { kind: 'camera', camera: deviceId, microphone: false });
  }

  /** Takes the sound from that microphone from now on. Only remembered while the channel is closed. */
  async useMicrophone(deviceId: string): Promise<void> {
    this.#choice.microphone = deviceId;
    await this.#opening?.catch(() => undefined);
    if (this.isOpen) await this.#replaceOne('audio', { kind: 'camera', camera: false, microphone: deviceId });
  }

  /** Switches sound or picture off or on, whatever the source; tracks stay open. */
  switchOff(kind: Kind, isOff: boolean): void {
    this.#isOff[kind] = isOff;
    if (!isOff) this.#isCameraOff[kind] = false;
    this.#changed();
  }

  /** The same while the source is a camera, now or later. */
  switchCameraOff(kind: Kind, isOff: boolean): void {
    this.#isCameraOff[kind] = isOff;
    if (!isOff && this.#kind === 'camera') this.#isOff[kind] = false;
    this.#changed();
  }

  /** Changes the picture; a camera or screen that is open follows as well as it can. */
  async configure(config: VideoConfig): Promise<void> {
    this.#config = { ...this.#config, ...config };
    const video = this.#tracks.get('video');
    if (video?.isOwned !== true || this.#kind === 'custom') return;
    const { width, height, framesPerSecond } = this.#config;
    await video.track
      .applyConstraints({
        ...(width === undefined ? {} : { width: { ideal: width } }),
        ...(height === undefined ? {} : { height: { ideal: height } }),
        ...(framesPerSecond === undefined ? {} : { frameRate: { ideal: framesPerSecond } }),
      })
      // Ideal values are wishes; a device that cannot hear them stays as it is.
      .catch(() => undefined);
  }

  /** Stops the devices and forgets the tracks; whoever uses the channel sees none from now on. */
  close(): void {
    this.cancelOpening();
    this.#users.clear();
    if (!this.isOpen) return;
    this.#put('audio', undefined);
    this.#put('video', undefined);
    this.#changed();
  }

  /** Closes for good. */
  destroy(): void {
    this.close();
    this.mixer.close();
  }

  async #replaceAll(source: Source): Promise<void> {
    const attempt = { audio: ++this.#attempts.audio, video: ++this.#attempts.video };
    const opened = await openSource(this.#options.environment, this.#withChoice(source), this.#config);
    if (attempt.audio !== this.#attempts.audio || attempt.video !== this.#attempts.video) {
      closeTrack(opened.audio);
      closeTrack(opened.video);
      throw clientError('CANCELLED');
    }
    this.#kind = opened.kind;
    this.#source = source;
    this.#put('audio', opened.audio);
    this.#put('video', opened.video);
    this.#changed();
  }

  async #replaceOne(kind: Kind, source: CameraSource): Promise<void> {
    const attempt = ++this.#attempts[kind];
    const opened = await openSource(this.#options.environment, source, this.#config);
    if (attempt !== this.#attempts[kind]) {
      closeTrack(opened[kind]);
      throw clientError('CANCELLED');
    }
    this.#put(kind, opened[kind]);
    this.#changed();
  }

  #withChoice(source: Source): Source {
    if (source.kind !== 'camera') return source;
    const { camera = true, microphone = true } = source;
    return {
      kind: 'camera',
      camera: camera === true ? (this.#choice.camera ?? true) : camera,
      microphone: microphone === true ? (this.#choice.microphone ?? true) : microphone,
    };
  }

  #put(kind: Kind, next: SourceTrack | undefined): void {
    const old = this.#tracks.get(kind);
    if (old?.track === next?.track) return;
    if (old !== undefined) {
      old.track.removeEventListener('ended', this.#onEnded[kind]);
      closeTrack(old);
    }
    this.#tracks.delete(kind);
    if (next === undefined) return;
    this.#tracks.set(kind, next);
    next.track.addEventListener('ended', this.#onEnded[kind]);
  }

  readonly #onEnded = {
    audio: (): void => this.#options.onEnded('audio'),
    video: (): void => this.#options.onEnded('video'),
  };

  #isSilent(kind: Kind): boolean {
    return this.#isOff[kind] || (this.#kind === 'camera' && this.#isCameraOff[kind]);
  }

  #changed(): void {
    for (const [kind, { track }] of this.#tracks) track.enabled = !this.#isSilent(kind);
    // Tells of another track by `onChange`, which leads here once more with nothing left to do.
    this.mixer.setCapture(this.capturedAudioTrack);
    const wanted = [this.audioTrack, this.videoTrack].filter((track) => track !== undefined);
    for (const track of this.mediaStream.getTracks()) {
      if (!wanted.includes(track)) this.mediaStream.removeTrack(track);
    }
    for (const track of wanted) if (!this.mediaStream.getTracks().includes(track)) this.mediaStream.addTrack(track);
    this.#changes.emit('change', undefined);
  }
}
