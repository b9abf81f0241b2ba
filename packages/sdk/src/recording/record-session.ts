// A recording in its worker: learns what the tracks are like, opens the file, runs the two lanes, ends in a file
// whatever happens. Everything is bounded in time: a track, an encoder or a disk that hangs delays nothing for long.

import type { ContainerName } from '../containers/container-writer.ts';
import { openContainerWriter } from '../containers/open-container-writer.ts';
import { clientError } from '../errors.ts';
import { openRecordingStore, type RecordingInProgress } from '../storage/recording-store.ts';
import { chooseAac, choosePictureEncoder } from './encoder-probe.ts';
import { FilmTime } from './film-time.ts';
import { PacketSink } from './packet-sink.ts';
import { PictureLane } from './picture-lane.ts';
import { ProgressMeter } from './progress-meter.ts';
import type { DataRecordConfig } from './record-config.ts';
import type { RecordKinds } from './record-path.ts';
import { audioBitrateOf, type PictureSettings, pictureSettingsOf } from './record-settings.ts';
import { sentError } from './sent-error.ts';
import { SoundLane } from './sound-lane.ts';
import { sharedNowUs, type TrackMessage, type WorkerReport } from './worker-messages.ts';

/** What to record and whom to tell. */
export type RecordSessionOptions = {
  readonly config: DataRecordConfig;
  readonly container: ContainerName;
  readonly kinds: RecordKinds;
  post(report: WorkerReport): void;
};

const TICK_MS = 100;
/** How long a track may take until its first picture or block; after it the film begins without. */
const FIRST_MEDIA_MS = 1500;
/** At the end: how long what was captured before may take to come, and the encoder to give it. */
const LAST_MEDIA_MS = 250;
const LAST_PICTURE_MS = 100;
const FLUSH_MS = 3000;
const LOAD_MS = 5000;
const POLL_MS = 10;

type Running = {
  readonly recording: RecordingInProgress;
  readonly originUs: number;
  readonly timer: ReturnType<typeof setInterval>;
};

/** One recording. */
export class RecordSession {
  readonly #options: RecordSessionOptions;
  readonly #film = new FilmTime();
  readonly #pictures = new PictureLane();
  readonly #sound = new SoundLane();
  readonly #sink = new PacketSink((error) => this.#fail(error, 'RECORD_WRITE_FAILED'));
  readonly #meter: ProgressMeter;
  #hint = { width: 0, height: 0, channelCount: 0 };
  #running: Running | undefined;
  #ending: Promise<void> | undefined;
  /** What went wrong before the film began. */
  #earlyError: { readonly error: unknown } | undefined;

  constructor(options: RecordSessionOptions) {
    this.#options = options;
    this.#meter = new ProgressMeter(options.config.progressIntervalMs ?? 1000);
  }

  /** Reads from another track of that kind, or from none. */
  setTrack(message: TrackMessage): void {
    const { track, generation, readable, hint, delayUs, pageOriginUs } = message;
    const onEnd = () => this.#options.post({ kind: 'track-ended', track, generation });
    if (track === 'video') {
      this.#hint = { ...this.#hint, width: hint.width, height: hint.height };
      this.#pictures.read(readable as ReadableStream<VideoFrame> | undefined, onEnd);
      return;
    }
    this.#hint = { ...this.#hint, channelCount: hint.channelCount };
    const sound = readable as ReadableStream<AudioData> | undefined;
    this.#sound.read(sound === undefined ? undefined : { readable: sound, pageOriginUs, delayUs }, onEnd);
  }

  /** Begins the film; rejects when it cannot, and leaves nothing behind. */
  async start(): Promise<void> {
    const { config, container, kinds } = this.#options;
    const [video, audio] = await Promise.all([
      kinds.video ? this.#learnPictures(config) : undefined,
      kinds.audio ? this.#learnSound() : undefined,
    ]);
    const { filePath, ifExists = 'overwrite' } = config;
    const facts = {
      ...(video === undefined ? {} : { video: factsOf(video.settings) }),
      ...(audio === undefined ? {} : { audio: soundFactsOf(audio) }),
    };
    const store = await openRecordingStore();
    const recording = await store.create({ filePath, container, ifExists, ...facts });
    try {
      this.#sink.open(await openContainerWriter(container, { file: recording.file, ...facts }));
      // What is told as recording must not be lost in a crash because an encoder was still loading.
      await soon(this.#prepareLanes(video, audio), LOAD_MS);
      if (this.#earlyError !== undefined) throw this.#earlyError.error;
    } catch (error) {
      this.#closeLanes();
      await recording.discard();
      throw error;
    }
    this.#options.post({ kind: 'created', id: recording.id });
    this.#begin(recording, video?.settings.codec);
  }

  /** The film's first moment is the one that is told. */
  #begin(recording: RecordingInProgress, videoCodec: PictureSettings['codec'] | undefined): void {
    const originUs = sharedNowUs();
    this.#options.post({ kind: 'started', ...(videoCodec === undefined ? {} : { videoCodec }) });
    this.#running = { recording, originUs, timer: setInterval(() => this.#tick(), TICK_MS) };
    this.#sound.begin(originUs);
    this.#pictures.begin(originUs);
    if (this.#earlyError !== undefined) this.#fail(this.#earlyError.error, 'RECORD_ENCODER_FAILED');
  }

  /** Leaves out what comes from now on. What was encoded already stays: both tracks are cut behind it. */
  pause(atUs: number): void {
    if (this.#running === undefined) return;
    this.#film.pause(this.#cutAt(atUs - this.#running.originUs));
  }

  /** Goes on. */
  resume(atUs: number): void {
    if (this.#running === undefined) return;
    this.#film.resume(this.#cutAt(atUs - this.#running.originUs));
  }

  /** Ends the film at that moment. Never rejects: what came of it is posted. */
  stop(atUs: number): Promise<void> {
    this.#ending ??= this.#end(atUs);
    return this.#ending;
  }

  async #learnPictures(config: DataRecordConfig): Promise<{ settings: PictureSettings; config: VideoEncoderConfig }> {
    const { width, height } = this.#hint;
    const assumed = width > 0 && height > 0 ? { width, height } : { width: 1280, height: 720 };
    const first = this.#pictures.hasTrack ? await soon(this.#pictures.firstSize(), FIRST_MEDIA_MS) : undefined;
    const settings = pictureSettingsOf(config, first ?? assumed);
    const encoder = await choosePictureEncoder(settings);
    if (encoder !== undefined) return { settings, config: encoder };
    if (settings.codec === 'h265' && config.ifH265Missing === 'h264') {
      return this.#learnPictures({ ...config, videoCodec: 'h264' });
    }
    throw clientError('NOT_SUPPORTED', {
      message: `This browser cannot encode ${settings.codec} of ${settings.width}x${settings.height}`,
    });
  }

  async #learnSound(): Promise<LearntSound> {
    const choice = await chooseAac();
    if (choice === undefined) throw clientError('NOT_SUPPORTED', { message: 'This browser cannot encode AAC' });
    const first = this.#sound.hasTrack ? await soon(this.#sound.firstChannels(), FIRST_MEDIA_MS) : undefined;
    const channels = first ?? (this.#hint.channelCount === 0 ? 2 : this.#hint.channelCount);
    return { choice, channelCount: channels === 1 ? 1 : 2 };
  }

  #prepareLanes(video: LearntPictures | undefined, audio: LearntSound | undefined): Promise<void> {
    const film = this.#film;
    const onError = (error: unknown) => this.#fail(error, 'RECORD_ENCODER_FAILED');
    let loaded = Promise.resolve();
    if (audio !== undefined) {
      const bitrateBps = audioBitrateOf(this.#options.config, audio.channelCount);
      const onPacket = (packet: Parameters<PacketSink['write']>[1]) => this.#sink.write('audio', packet);
      loaded = this.#sound.prepare({ ...audio, film, bitrateBps, onPacket, onError });
    }
    if (video !== undefined) {
      const onPacket = (packet: Parameters<PacketSink['write']>[1]) => this.#sink.write('video', packet);
      this.#pictures.prepare({ ...video, film, onPacket, onError });
    }
    return loaded;
  }

  #tick(): void {
    const running = this.#running;
    if (running === undefined || this.#ending !== undefined) return;
    const nowUs = sharedNowUs();
    const { kinds } = this.#options;
    if (kinds.video) this.#pictures.tick(nowUs);
    if (kinds.audio) this.#sound.tick(nowUs);
    const progress = this.#meter.measure({
      nowUs,
      filmUs: this.#film.lengthAt(nowUs - running.originUs),
      fileBytes: this.#sink.fileBytes,
      packetBytes: this.#sink.packetBytes,
      pictures: this.#pictures.counts,
    });
    if (progress !== undefined) this.#options.post({ kind: 'progress', progress });
  }

  /** Behind everything that is encoded already. */
  #cutAt(lineUs: number): number {
    return Math.max(lineUs, this.#sound.lineUs, this.#pictures.lastLineUs + 1);
  }

  async #end(atUs: number): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    const lineUs = Math.max(0, atUs - running.originUs);
    this.#film.end(lineUs);
    await this.#awaitLast(lineUs);
    const filmUs = Math.max(this.#film.lengthAt(lineUs), this.#pictures.lastFilmUs + 1000);
    await soon(Promise.allSettled([this.#pictures.finish(), this.#sound.finish(lineUs)]), FLUSH_MS);
    this.#closeLanes();
    await this.#finishFile(running, filmUs);
  }

  /** What was captured before the end is still on its way. */
  async #awaitLast(lineUs: number): Promise<void> {
    const { kinds } = this.#options;
    for (let waitedMs = 0; waitedMs < LAST_MEDIA_MS; waitedMs += POLL_MS) {
      const isSoundMissing = kinds.audio && this.#sound.hasTrack && this.#sound.lineUs < lineUs;
      const isPictureMissing = kinds.video && this.#pictures.hasTrack && this.#pictures.lastLineUs < lineUs;
      if (!isSoundMissing && (!isPictureMissing || waitedMs >= LAST_PICTURE_MS)) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Told at once; what there is becomes a file. */
  #fail(error: unknown, code: 'RECORD_WRITE_FAILED' | 'RECORD_ENCODER_FAILED'): void {
    if (this.#ending !== undefined) return;
    if (this.#running === undefined) {
      this.#earlyError ??= { error };
      return;
    }
    this.#options.post({ kind: 'failed', error: sentError(error, code) });
    this.#ending = this.#salvage(code);
  }

  async #salvage(code: 'RECORD_WRITE_FAILED' | 'RECORD_ENCODER_FAILED'): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#film.end(sharedNowUs() - running.originUs);
    if (code === 'RECORD_ENCODER_FAILED') {
      await soon(Promise.allSettled([this.#pictures.finish(), this.#sound.finish(this.#sound.lineUs)]), FLUSH_MS);
    }
    this.#closeLanes();
    await this.#finishFile(running, this.#sink.writtenUs);
  }

  async #finishFile({ recording, timer }: Running, filmUs: number): Promise<void> {
    clearInterval(timer);
    try {
      await this.#sink.finish(filmUs);
      this.#options.post({ kind: 'finished', file: await recording.finish(filmUs) });
    } catch (error) {
      await recording.keep();
      this.#options.post({ kind: 'lost', error: sentError(error, 'RECORD_WRITE_FAILED') });
    }
  }

  #closeLanes(): void {
    this.#pictures.close();
    this.#sound.close();
  }
}

type LearntPictures = { readonly settings: PictureSettings; readonly config: VideoEncoderConfig };
type LearntSound = {
  readonly choice: NonNullable<Awaited<ReturnType<typeof chooseAac>>>;
  readonly channelCount: 1 | 2;
};

function factsOf({ codec, width, height, framesPerSecond }: PictureSettings) {
  return { codec, width, height, framesPerSecond };
}

function soundFactsOf({ channelCount, choice }: LearntSound) {
  return { sampleRate: 48_000, channelCount, primingSamples: choice.primingSamples } as const;
}

/** The result, or `undefined` when it takes longer. */
function soon<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, limitMs, undefined);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
