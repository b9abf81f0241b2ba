// The page's half of a recording that a worker makes: hands tracks over, follows their changes, passes on what the
// worker reports, and gets the file even if the worker dies or hangs.

import { clientError, type RoomtapeClientError } from '../errors.ts';
import { boundedWait, type Waiting } from './bounded-wait.ts';
import type { RunningRecording, RunningRecordingOptions, StartedRecording } from './running-recording.ts';
import { receivedError } from './sent-error.ts';
import { readTrack } from './track-processor.ts';
import { WorkerLink } from './worker-link.ts';
import { sharedNowUs, type TrackKind, type WorkerReport } from './worker-messages.ts';

/** An owner that changes tracks stops the old one first: not every end is one. */
const REPLACED_WITHIN_MS = 300;
const START_LIMIT_MS = 25_000;
/** Finishing copies the file: its time grows with the film. */
const STOP_LIMIT_MS = 20_000;
const STOP_LIMIT_SHARE = 0.05;
const RECOVER_LIMIT_MS = 60_000;
/** A dead worker's file is released a little later. */
const RECOVER_AGAIN_MS = 1000;

/** A recording made by a worker. */
export class WorkerRecording implements RunningRecording {
  readonly #options: RunningRecordingOptions;
  readonly #tracks: Record<TrackKind, { track: MediaStreamTrack | undefined; generation: number }> = {
    video: { track: undefined, generation: 0 },
    audio: { track: undefined, generation: 0 },
  };
  #link: WorkerLink | undefined;
  #id: string | undefined;
  #unsubscribe = (): void => undefined;
  #started: Waiting<StartedRecording> | undefined;
  #durationMs = 0;
  /** How it ended, however that came; a file or why there is none. */
  #outcome: File | RoomtapeClientError | undefined;
  #stopped: Waiting<File> | undefined;

  constructor(options: RunningRecordingOptions) {
    this.#options = options;
  }

  async start(): Promise<StartedRecording> {
    const { source, config, container, kinds } = this.#options;
    const link = await this.#within<WorkerLink>(START_LIMIT_MS, ({ resolve, reject }) => {
      WorkerLink.open().then(resolve, reject);
    });
    this.#link = link;
    link.onReport = (report) => this.#take(report);
    try {
      const begun = await this.#within<StartedRecording>(START_LIMIT_MS, (waiting) => {
        this.#started = waiting;
        this.#followTracks();
        const { target: _, ...sent } = config;
        link.post({ kind: 'start', config: sent, container, kinds });
      });
      this.#unsubscribe = source.onChange(() => this.#followTracks());
      this.#followTracks();
      return begun;
    } catch (error) {
      this.#close();
      throw error;
    } finally {
      this.#started = undefined;
    }
  }

  pause(): void {
    this.#link?.post({ kind: 'pause', atUs: sharedNowUs() });
  }

  resume(): void {
    this.#link?.post({ kind: 'resume', atUs: sharedNowUs() });
  }

  async stop(): Promise<File> {
    this.#link?.post({ kind: 'stop', atUs: sharedNowUs() });
    const limitMs = STOP_LIMIT_MS + this.#durationMs * STOP_LIMIT_SHARE;
    try {
      return await this.#within<File>(limitMs, (waiting) => {
        this.#stopped = waiting;
        this.#settle();
      });
    } catch (error) {
      this.#close();
      return await this.#recovered(error);
    } finally {
      this.#close();
    }
  }

  #take(report: WorkerReport | undefined): void {
    if (report === undefined) this.#break();
    else if (report.kind === 'created') this.#id = report.id;
    else if (report.kind === 'started') {
      const { videoCodec } = report;
      this.#started?.resolve(videoCodec === undefined ? {} : { videoCodec });
      this.#started = undefined;
    } else if (report.kind === 'track-ended') this.#awaitReplacement(report.track, report.generation);
    else if (report.kind === 'progress') {
      this.#durationMs = report.progress.durationMs;
      this.#options.onProgress(report.progress);
    } else if (report.kind === 'failed') {
      const error = receivedError(report.error);
      if (this.#started !== undefined) this.#started.reject(error);
      else this.#options.onFailed(error);
    } else if (report.kind !== 'ready') {
      this.#outcome = report.kind === 'finished' ? report.file : receivedError(report.error);
      this.#close();
      this.#settle();
    }
  }

  /** The worker is gone. */
  #break(): void {
    const error = clientError('RECORD_ENCODER_FAILED', { message: 'The recording worker broke down' });
    this.#started?.reject(error);
    this.#outcome ??= error;
    this.#close();
    this.#options.onFailed(error);
    this.#settle();
  }

  #settle(): void {
    if (this.#outcome instanceof File) this.#stopped?.resolve(this.#outcome);
    else if (this.#outcome !== undefined) this.#stopped?.reject(this.#outcome);
  }

  #followTracks(): void {
    const { source, kinds } = this.#options;
    const tracks = { video: source.videoTrack, audio: source.audioTrack };
    for (const kind of ['video', 'audio'] as const) {
      if (kinds[kind] && tracks[kind] !== this.#tracks[kind].track) this.#hand(kind, tracks[kind]);
    }
  }

  #hand(kind: TrackKind, track: MediaStreamTrack | undefined): void {
    const generation = this.#tracks[kind].generation + 1;
    this.#tracks[kind] = { track, generation };
    const readable = track === undefined ? undefined : opened(track);
    if (track !== undefined && readable === undefined) this.#awaitReplacement(kind, generation);
    const { width = 0, height = 0, channelCount = 0 } = track?.getSettings() ?? {};
    this.#link?.post(
      {
        kind: 'track',
        track: kind,
        generation,
        readable,
        hint: { width, height, channelCount },
        delayUs: kind === 'audio' ? this.#options.source.audioDelayUs : 0,
        pageOriginUs: performance.timeOrigin * 1000,
      },
      readable === undefined ? [] : [readable],
    );
  }

  #awaitReplacement(kind: TrackKind, generation: number): void {
    this.#options.environment.after(REPLACED_WITHIN_MS, () => {
      if (this.#link === undefined || this.#tracks[kind].generation !== generation) return;
      this.#options.onTrouble(clientError('RECORD_TRACK_ENDED', { details: { track: kind } }));
    });
  }

  /** What the worker could not finish, finished from the storage. */
  async #recovered(error: unknown): Promise<File> {
    const id = this.#id;
    if (id === undefined) throw error;
    const { store, environment } = this.#options;
    const again = () => new Promise<void>((resolve) => void environment.after(RECOVER_AGAIN_MS, resolve));
    return await this.#within<File>(RECOVER_LIMIT_MS, ({ resolve, reject }) => {
      store
        .recoverRecording(id)
        .catch(() => again().then(() => store.recoverRecording(id)))
        .then(resolve, () => reject(error as RoomtapeClientError));
    });
  }

  #within<T>(limitMs: number, run: (waiting: Waiting<T>) => void): Promise<T> {
    return boundedWait(this.#options.environment, limitMs, run);
  }

  #close(): void {
    this.#unsubscribe();
    this.#link?.close();
    this.#link = undefined;
  }
}

/** A track that ended this very moment has nothing to read. */
function opened(track: MediaStreamTrack): ReturnType<typeof readTrack> | undefined {
  try {
    return readTrack(track);
  } catch {
    return undefined;
  }
}
