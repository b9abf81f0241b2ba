// Recordings of raw sound as .wav or .pcm: an observer whose frames a worker writes into the storage of this browser.
// What the browser lost is silence in the file, so that it stays as long as what it tells of.

import type { Unsubscribe } from '../emitter.ts';
import { asClientError, clientError, RoomtapeClientError } from '../errors.ts';
import { containerOfPath } from '../recording/record-path.ts';
import { receivedError } from '../recording/sent-error.ts';
import type { AudioDataFrame, AudioDataHandler } from './audio-data.ts';
import { type AudioDataObserver, type AudioTapPorts, startAudioDataObserver } from './audio-data-observer.ts';
import type { PcmContainerName } from './pcm-file.ts';
import type { PcmReport, PcmRequest } from './pcm-messages.ts';

/** A recording of sound as it is asked for. */
export type AudioRecordingConfig = {
  /** `captured`, `playback` or `mixed` as for observers, or one played stream. */
  readonly source: 'captured' | 'playback' | 'mixed' | { readonly streamId: string };
  /** Ends in `.wav` or `.pcm` (16 bit, little endian, interleaved, no header). */
  readonly filePath: string;
  /** Hz, 8000 to 48 000, a multiple of 25. Default 48 000. */
  readonly sampleRate?: number;
  /** Default 1. */
  readonly channels?: 1 | 2;
  /** When a finished recording of that path is there. Default `overwrite`. */
  readonly ifExists?: 'overwrite' | 'fail' | 'rename';
  /** How often progress is told, ms, 100 to 10 000. Default 1000. */
  readonly progressIntervalMs?: number;
};

/** How far a recording of sound is. */
export type AudioRecordingProgress = {
  readonly durationMs: number;
  readonly currentFileBytes: number;
  /** Samples that the browser lost so far; silence stands in their place. */
  readonly lostSamples: number;
};

/** What a recording of sound needs and whom it tells. */
export type AudioRecordingOptions = {
  readonly ports: AudioTapPorts;
  readonly config: AudioRecordingConfig;
  onState?(state: 'recording' | 'success' | 'no-record', error: RoomtapeClientError | undefined): void;
  onProgress?(progress: AudioRecordingProgress): void;
};

/** A running recording of sound. */
export type AudioRecording = {
  /** Ends it at this moment; the same file when called again. Rejects with what ended it if there is no file. */
  stop(): Promise<File>;
};

/** Starts a recording; resolves when it is running. Rejects with a typed error, which `onState` is told too. */
export async function startAudioRecording(options: AudioRecordingOptions): Promise<AudioRecording> {
  try {
    const recording = new RunningAudioRecording(options);
    await recording.start();
    return recording;
  } catch (thrown) {
    const error = thrown instanceof RoomtapeClientError ? thrown : asClientError(thrown);
    options.onState?.('no-record', error);
    throw error;
  }
}

/** Frames are long here: fewer messages to the worker, and at every rate a whole number of samples. */
const FRAME_MS = 40;

class RunningAudioRecording implements AudioRecording {
  readonly #options: AudioRecordingOptions;
  readonly #container: PcmContainerName;
  readonly #progressIntervalMs: number;
  readonly #file = Promise.withResolvers<File>();
  #worker: Worker | undefined;
  #observer: AudioDataObserver | undefined;
  #started: PromiseWithResolvers<void> | undefined;
  #written = { bytes: 0, durationUs: 0 };
  #lostSamples = 0;
  #problem: RoomtapeClientError | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #stopListening: Unsubscribe | undefined;
  #isRunning = false;
  #isStopping = false;

  constructor(options: AudioRecordingOptions) {
    const { filePath, source, progressIntervalMs = 1000 } = options.config;
    this.#options = options;
    this.#container = pcmContainerOf(filePath);
    if (!(progressIntervalMs >= 100 && progressIntervalMs <= 10_000)) {
      throw clientError('INVALID_ARGUMENT', { details: { progressIntervalMs } });
    }
    const isKnown = typeof source === 'string' ? ['captured', 'playback', 'mixed'].includes(source) : source?.streamId;
    if (!isKnown) throw clientError('INVALID_ARGUMENT', { details: { source } });
    this.#progressIntervalMs = progressIntervalMs;
    // Whoever never calls `stop` was told by `onState`.
    this.#file.promise.catch(() => undefined);
  }

  async start(): Promise<void> {
    const { config, ports } = this.#options;
    const { filePath, source, sampleRate = 48_000, channels = 1, ifExists = 'overwrite' } = config;
    if (typeof source !== 'string' && !ports.playback.entries.has(source.streamId)) {
      throw clientError('RECORD_NOTHING_TO_RECORD', { message: 'That stream is not played, or has no sound' });
    }
    const tap = typeof source === 'string' ? source : 'player';
    const format = { sampleRate, channels, format: 'int16', frameMs: FRAME_MS } as const;
    this.#worker = this.#openWorker();
    // The observer first: what it refuses leaves no file behind. Its frames wait in the worker's queue.
    this.#observer = await startAudioDataObserver(ports, {
      sources: { [tap]: true },
      format,
      handler: this.#handlerFor(source),
    }).catch((error: unknown) => {
      this.#close();
      throw error;
    });
    this.#started = Promise.withResolvers();
    this.#post({ kind: 'start', filePath, container: this.#container, pcm: { sampleRate, channels }, ifExists });
    try {
      await this.#started.promise;
    } catch (error) {
      this.#close();
      throw error;
    }
    this.#isRunning = true;
    this.#options.onState?.('recording', undefined);
    // An engine that is destroyed ends its recordings; the worker, which lives on, finishes the file.
    this.#stopListening = ports.graph.onState((state) => {
      if (state === 'closed') void this.stop();
    });
    this.#timer = setInterval(() => this.#tellProgress(), this.#progressIntervalMs);
  }

  stop(): Promise<File> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#observer?.stop();
      this.#post({ kind: 'stop' });
    }
    return this.#file.promise;
  }

  #handlerFor(source: AudioRecordingConfig['source']): AudioDataHandler {
    const take = (frame: AudioDataFrame): void => this.#take(frame);
    return {
      onCapturedAudioData: take,
      onPlaybackAudioData: take,
      onMixedAudioData: take,
      onPlayerAudioData: (frame, streamId) => {
        if (typeof source !== 'string' && streamId === source.streamId) take(frame);
      },
    };
  }

  #take({ data, lostSamples }: AudioDataFrame): void {
    if (!(data instanceof Int16Array) || this.#started === undefined) return;
    this.#lostSamples += lostSamples;
    this.#post({ kind: 'samples', samples: data, silenceBefore: lostSamples }, [data.buffer]);
  }

  #openWorker(): Worker {
    const worker = new Worker(new URL('./pcm-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<PcmReport>) => this.#report(data);
    worker.onerror = () =>
      this.#end(clientError('NOT_SUPPORTED', { message: 'The recording worker cannot be loaded' }));
    return worker;
  }

  #post(request: PcmRequest, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(request, transfer);
  }

  #report(report: PcmReport): void {
    if (report.kind === 'started') this.#started?.resolve();
    else if (report.kind === 'written') this.#written = { bytes: report.bytes, durationUs: report.durationUs };
    else if (report.kind === 'failed') this.#fail(receivedError(report.error));
    else if (report.kind === 'finished') this.#finish(report.file);
    else this.#end(receivedError(report.error));
  }

  /** The worker finishes what there is; `finished` or `lost` comes next, unless it had not started. */
  #fail(error: RoomtapeClientError): void {
    this.#problem = error;
    this.#started?.reject(error);
    this.#observer?.stop();
    clearInterval(this.#timer);
  }

  #finish(file: File): void {
    this.#tellProgress();
    this.#close();
    this.#file.resolve(file);
    this.#options.onState?.('success', this.#problem);
  }

  #end(error: RoomtapeClientError): void {
    this.#started?.reject(error);
    this.#close();
    this.#file.reject(error);
    // Before it was running, `start` rejects and that is told.
    if (this.#isRunning) this.#options.onState?.('no-record', error);
  }

  #tellProgress(): void {
    this.#options.onProgress?.({
      durationMs: this.#written.durationUs / 1000,
      currentFileBytes: this.#written.bytes,
      lostSamples: this.#lostSamples,
    });
  }

  #close(): void {
    this.#stopListening?.();
    clearInterval(this.#timer);
    this.#observer?.stop();
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

/** Checks a path as the recorder checks its own. */
function pcmContainerOf(filePath: unknown): PcmContainerName {
  const found = typeof filePath === 'string' ? /^(.*)\.(wav|pcm)$/isu.exec(filePath) : null;
  // Rules for paths are the same for all containers: a suffix of the other kind of recording stands in for ours.
  if (found !== null) containerOfPath(`${found[1]}.aac`);
  else if (typeof filePath !== 'string' || containerOfPath(`${filePath}.aac`) === 'aac') {
    throw clientError('RECORD_SUFFIX_NOT_SUPPORTED', { details: { filePath } });
  }
  return found?.[2]?.toLowerCase() === 'pcm' ? 'pcm' : 'wav';
}
