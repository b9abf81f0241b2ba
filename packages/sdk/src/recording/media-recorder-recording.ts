// Recording by the browser's own recorder, where pictures cannot be encoded or tracks not be read otherwise. It knows
// no canvas, no codec settings beyond bitrates and no other tracks than those it began with.

import { clientError, type RoomtapeClientError } from '../errors.ts';
import { boundedWait, type Waiting } from './bounded-wait.ts';
import { mediaRecorderFormat } from './encoder-probe.ts';
import { audioBitrateOf, pictureSettingsOf } from './record-settings.ts';
import type { RunningRecording, RunningRecordingOptions, StartedRecording } from './running-recording.ts';
import { receivedError } from './sent-error.ts';
import { liveTracks } from './source-tracks.ts';
import { WorkerLink } from './worker-link.ts';
import type { TrackKind, WorkerReport } from './worker-messages.ts';

const CHUNK_MS = 500;
const KEYFRAME_INTERVAL_MS = 500;
const START_LIMIT_MS = 25_000;
const LAST_CHUNK_LIMIT_MS = 5000;
const STOP_LIMIT_MS = 30_000;

/** A recording made by `MediaRecorder`; always `.mp4`. */
export class MediaRecorderRecording implements RunningRecording {
  readonly #options: RunningRecordingOptions;
  #link: WorkerLink | undefined;
  #recorder: MediaRecorder | undefined;
  #started: Waiting<void> | undefined;
  #outcome: File | RoomtapeClientError | undefined;
  #stopped: Waiting<File> | undefined;
  /** Chunks on their way to the worker, in order. */
  #chunks: Promise<void> = Promise.resolve();
  #bytes = 0;
  #toldBytes = 0;
  /** Film up to the last pause, and since when it runs again, ms. */
  #playedMs = 0;
  #runsSinceMs: number | undefined;
  #cancelProgress = (): void => undefined;
  #unlisten: (() => void)[] = [];

  constructor(options: RunningRecordingOptions) {
    this.#options = options;
  }

  async start(): Promise<StartedRecording> {
    const link = await this.#within<WorkerLink>(START_LIMIT_MS, ({ resolve, reject }) => {
      WorkerLink.open().then(resolve, reject);
    });
    this.#link = link;
    link.onReport = (report) => this.#take(report);
    const { target: _, ...config } = this.#options.config;
    try {
      await this.#within<void>(START_LIMIT_MS, (waiting) => {
        this.#started = waiting;
        link.post({ kind: 'start-chunks', config });
      });
      this.#started = undefined;
      await this.#record(config);
    } catch (error) {
      this.#close();
      throw error;
    } finally {
      this.#started = undefined;
    }
    this.#runsSinceMs = this.#options.environment.nowMs();
    this.#tellProgress();
    return this.#recorder?.mimeType.includes('avc') === true ? { videoCodec: 'h264' } : {};
  }

  pause(): void {
    if (this.#recorder?.state !== 'recording') return;
    this.#recorder.pause();
    this.#playedMs = this.#durationMs();
    this.#runsSinceMs = undefined;
  }

  resume(): void {
    if (this.#recorder?.state !== 'paused') return;
    this.#recorder.resume();
    this.#runsSinceMs = this.#options.environment.nowMs();
  }

  async stop(): Promise<File> {
    const durationUs = Math.round(this.#durationMs() * 1000);
    this.#cancelProgress();
    try {
      await this.#lastChunk();
      return await this.#within<File>(STOP_LIMIT_MS, (waiting) => {
        this.#stopped = waiting;
        this.#link?.post({ kind: 'stop-chunks', durationUs });
        this.#settle();
      });
    } finally {
      this.#close();
    }
  }

  async #record(config: RunningRecordingOptions['config']): Promise<void> {
    const { source, kinds, environment } = this.#options;
    const { video, audio } = liveTracks(source);
    const tracks = [kinds.video ? video : undefined, kinds.audio ? audio : undefined].filter((t) => t !== undefined);
    const mimeType = mediaRecorderFormat({
      video: tracks.some(({ kind }) => kind === 'video'),
      audio: tracks.some(({ kind }) => kind === 'audio'),
    });
    if (mimeType === undefined || tracks.length === 0) throw clientError('NOT_SUPPORTED');
    const stream = environment.createMediaStream();
    for (const track of tracks) stream.addTrack(track);
    const { width = 1280, height = 720 } = video?.getSettings() ?? {};
    const options: MediaRecorderOptions & { videoKeyFrameIntervalDuration: number } = {
      mimeType,
      // Chunks end with groups of pictures.
      videoKeyFrameIntervalDuration: config.keyframeIntervalMs ?? KEYFRAME_INTERVAL_MS,
      videoBitsPerSecond: pictureSettingsOf(config, { width, height }).bitrateBps,
      audioBitsPerSecond: audioBitrateOf(config, 2),
    };
    const recorder = new MediaRecorder(stream, options);
    this.#recorder = recorder;
    recorder.ondataavailable = ({ data }) => this.#send(data);
    recorder.onerror = () => this.#options.onFailed(clientError('RECORD_ENCODER_FAILED'));
    for (const track of tracks) this.#watch(track);
    this.#watchChanges(tracks);
    await this.#within<void>(START_LIMIT_MS, ({ resolve }) => {
      recorder.onstart = () => resolve();
      recorder.start(CHUNK_MS);
    });
  }

  #watch(track: MediaStreamTrack): void {
    const details = { track: track.kind as TrackKind };
    const onEnded = () => this.#options.onTrouble(clientError('RECORD_TRACK_ENDED', { details }));
    track.addEventListener('ended', onEnded);
    this.#unlisten.push(() => track.removeEventListener('ended', onEnded));
  }

  /** Another track in the place of one that is recorded, or one that was not there, is not in the file: that is told. */
  #watchChanges(tracks: readonly MediaStreamTrack[]): void {
    const { source, kinds, onTrouble } = this.#options;
    const known = new Set(tracks);
    const look = (): void => {
      for (const track of [source.videoTrack, source.audioTrack]) {
        if (track === undefined || known.has(track) || !kinds[track.kind as TrackKind]) continue;
        known.add(track);
        onTrouble(clientError('RECORD_TRACK_NOT_FOLLOWED', { details: { track: track.kind } }));
      }
    };
    this.#unlisten.push(source.onChange(look));
  }

  #send(data: Blob): void {
    this.#chunks = this.#chunks.then(async () => {
      const bytes = new Uint8Array(await data.arrayBuffer());
      this.#bytes += bytes.length;
      this.#link?.post({ kind: 'chunk', bytes }, [bytes.buffer]);
    });
  }

  /** Ends the recorder; its last chunk comes before it says so. */
  async #lastChunk(): Promise<void> {
    const recorder = this.#recorder;
    if (recorder !== undefined && recorder.state !== 'inactive') {
      await this.#within<void>(LAST_CHUNK_LIMIT_MS, ({ resolve }) => {
        recorder.onstop = () => resolve();
        recorder.stop();
      }).catch(() => undefined);
    }
    await this.#chunks;
  }

  #take(report: WorkerReport | undefined): void {
    if (report === undefined) {
      const error = clientError('RECORD_WRITE_FAILED', { message: 'The recording worker broke down' });
      this.#started?.reject(error);
      this.#outcome ??= error;
      this.#options.onFailed(error);
    } else if (report.kind === 'started') this.#started?.resolve();
    else if (report.kind === 'failed') {
      const error = receivedError(report.error);
      if (this.#started === undefined) this.#options.onFailed(error);
      else this.#started.reject(error);
    } else if (report.kind === 'finished') this.#outcome = report.file;
    else if (report.kind === 'lost') this.#outcome = receivedError(report.error);
    this.#settle();
  }

  #settle(): void {
    if (this.#outcome instanceof File) this.#stopped?.resolve(this.#outcome);
    else if (this.#outcome !== undefined) this.#stopped?.reject(this.#outcome);
  }

  #durationMs(): number {
    const { nowMs } = this.#options.environment;
    return this.#playedMs + (this.#runsSinceMs === undefined ? 0 : nowMs() - this.#runsSinceMs);
  }

  /** The browser's recorder tells no more than its bytes: all of them count as the picture's where there is one. */
  #tellProgress(): void {
    const { environment, config, kinds, onProgress } = this.#options;
    const intervalMs = config.progressIntervalMs ?? 1000;
    this.#cancelProgress = environment.after(intervalMs, () => {
      const bps = Math.round(((this.#bytes - this.#toldBytes) * 8 * 1000) / intervalMs);
      this.#toldBytes = this.#bytes;
      onProgress({
        durationMs: Math.round(this.#durationMs()),
        currentFileBytes: this.#bytes,
        framesPerSecond: 0,
        videoBitrateBps: kinds.video ? bps : 0,
        audioBitrateBps: kinds.video ? 0 : bps,
        droppedFrames: 0,
      });
      this.#tellProgress();
    });
  }

  #within<T>(limitMs: number, run: (waiting: Waiting<T>) => void): Promise<T> {
    return boundedWait(this.#options.environment, limitMs, run);
  }

  #close(): void {
    this.#cancelProgress();
    for (const unlisten of this.#unlisten.splice(0)) unlisten();
    if (this.#recorder !== undefined && this.#recorder.state !== 'inactive') this.#recorder.stop();
    this.#link?.close();
    this.#link = undefined;
  }
}
