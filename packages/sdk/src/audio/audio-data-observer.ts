// Observers of raw audio: which sound they tap, from which nodes, and how long. One observer is one tap node; what it
// gives is made on the page's thread, so a page that is busy gets frames late but loses none.

import { clientError } from '../errors.ts';
import { callPage } from '../page-callback.ts';
import type { AudioDataFormat, AudioDataFrame, AudioDataHandler, AudioDataSources } from './audio-data.ts';
import { fullAudioDataFormat } from './audio-data-format.ts';
import type { AudioGraph } from './audio-graph.ts';
import type { AudioTap } from './audio-tap.ts';
import type { ChannelMixer } from './channel-mixer.ts';
import type { PlaybackTracks } from './playback-tracks.ts';
import { PlayerTaps } from './player-taps.ts';
import { TapRun, type TimedBlock } from './tap-run.ts';

/** Where an engine's sound is. */
export type AudioTapPorts = {
  readonly graph: AudioGraph;
  readonly mixer: ChannelMixer;
  readonly playback: PlaybackTracks;
  /** Opens the microphone again with all processing off; needed by `beforeProcessing`. The observer stops the track. */
  openUnprocessed?(): Promise<MediaStreamTrack>;
};

/** What an observer is to deliver, how and to whom. */
export type AudioObserverRequest = {
  readonly sources: AudioDataSources;
  readonly format?: AudioDataFormat;
  readonly handler: AudioDataHandler;
};

/** A running observer. */
export type AudioDataObserver = {
  /** No callback comes after this returned; idempotent. */
  stop(): void;
};

/** Starts an observer; several may run at once. Rejects with `INVALID_ARGUMENT`, `NOT_SUPPORTED` or `DEVICE_…`. */
export async function startAudioDataObserver(
  ports: AudioTapPorts,
  request: AudioObserverRequest,
): Promise<AudioDataObserver> {
  const format = fullAudioDataFormat(request.format);
  if (!Object.values(request.sources).some((isWanted) => isWanted === true)) {
    throw clientError('INVALID_ARGUMENT', { message: 'At least one source must be wanted', details: request.sources });
  }
  const { graph } = ports;
  await graph.loadModules();
  const unprocessed = request.sources.beforeProcessing === true ? await openUnprocessed(ports) : undefined;
  // It may wait for a click of the user: the observer tells `suspended` until then.
  void graph.resume().catch(() => undefined);
  return new ObserverRun(ports, { ...request, format }, unprocessed);
}

/** Inputs of the tap node; players come behind. */
const CAPTURED = 0;
const PLAYBACK = 1;
const UNPROCESSED = 2;
const FIRST_PLAYER = 3;
/** Streams that are tapped one by one at once. */
const PLAYERS_MAX = 32;

type FullRequest = AudioObserverRequest & { readonly format: ReturnType<typeof fullAudioDataFormat> };

class ObserverRun implements AudioDataObserver {
  readonly #request: FullRequest;
  readonly #run: TapRun;
  readonly #taps = new Map<number, AudioTap>();
  readonly #mixed: AudioTap | undefined;
  readonly #players: PlayerTaps;
  readonly #cleanups: (() => void)[] = [];

  constructor(ports: AudioTapPorts, request: FullRequest, unprocessed: MediaStreamTrack | undefined) {
    const { sources, format, handler } = request;
    const { graph } = ports;
    this.#request = request;
    this.#run = new TapRun({
      graph,
      format,
      inputs: FIRST_PLAYER + (sources.player ? PLAYERS_MAX : 0),
      onBlock: (timed) => this.#deliver(timed),
      onState: (state) => handler.onAudioDataStateUpdate?.(state),
      onClosed: () => this.stop(),
    });
    const make = (): AudioTap => this.#run.makeTap();
    if (sources.captured || sources.mixed) this.#plugCaptured(ports.mixer, make());
    if (sources.playback || sources.mixed) this.#taps.set(PLAYBACK, make());
    if (unprocessed !== undefined) this.#plugUnprocessed(graph, unprocessed, make());
    if (sources.mixed) this.#mixed = make();
    this.#players = new PlayerTaps({
      graph,
      node: this.#run.node,
      firstInput: FIRST_PLAYER,
      places: PLAYERS_MAX,
      ...(this.#taps.has(PLAYBACK) ? { sumInput: PLAYBACK } : {}),
      ...(sources.player ? { makeTap: make } : {}),
    });
    const follow = (): void => {
      this.#players.follow(ports.playback.entries);
      this.#run.node.select([...this.#taps.keys(), ...this.#players.inputs]);
    };
    follow();
    this.#cleanups.push(ports.playback.onChange(follow));
  }

  stop(): void {
    this.#run.stop();
    this.#players.close();
    for (const clean of this.#cleanups.splice(0)) clean();
  }

  #plugCaptured(mixer: ChannelMixer, tap: AudioTap): void {
    this.#taps.set(CAPTURED, tap);
    this.#cleanups.push(this.#run.node.connect(mixer.output, CAPTURED));
  }

  #plugUnprocessed(graph: AudioGraph, track: MediaStreamTrack, tap: AudioTap): void {
    this.#taps.set(UNPROCESSED, tap);
    const source = graph.sourceOf(track);
    this.#cleanups.push(this.#run.node.connect(source.node, UNPROCESSED), source.release, () => track.stop());
  }

  #deliver({ block, lostMs }: TimedBlock): void {
    const planes = new Map<number, readonly Float32Array[]>();
    for (const [input, tap] of this.#taps) {
      const resampled = tap.resample(block.planesOf(input));
      if (resampled !== undefined) planes.set(input, resampled);
    }
    const { sources, handler } = this.#request;
    const give = (input: number, to: ((frame: AudioDataFrame) => void) | undefined): void => {
      this.#taps.get(input)?.deliver(planes.get(input), { block, lostMs, give: this.#guard(to) });
    };
    if (sources.captured) give(CAPTURED, handler.onCapturedAudioData);
    if (sources.playback) give(PLAYBACK, handler.onPlaybackAudioData);
    const mixed = sumOf(planes.get(CAPTURED), planes.get(PLAYBACK));
    this.#mixed?.deliver(mixed, { block, lostMs, give: this.#guard(handler.onMixedAudioData) });
    if (sources.beforeProcessing) give(UNPROCESSED, handler.onBeforeProcessingAudioData);
    this.#players.deliver(block, lostMs, (streamId) =>
      this.#guard((frame) => handler.onPlayerAudioData?.(frame, streamId)),
    );
  }

  /** What comes after `stop` is for nobody. */
  #guard(to: ((frame: AudioDataFrame) => void) | undefined): (frame: AudioDataFrame) => void {
    return (frame) => {
      if (to !== undefined && !this.#run.isStopped) callPage(() => to(frame));
    };
  }
}

async function openUnprocessed(ports: AudioTapPorts): Promise<MediaStreamTrack> {
  if (ports.openUnprocessed === undefined) {
    throw clientError('NOT_SUPPORTED', { message: 'Sound before processing needs a microphone of this engine' });
  }
  return await ports.openUnprocessed();
}

function sumOf(
  a: readonly Float32Array[] | undefined,
  b: readonly Float32Array[] | undefined,
): Float32Array[] | undefined {
  if (a === undefined || b === undefined) return undefined;
  return a.map((plane, channel) => {
    const sum = plane.slice();
    const other = b[channel];
    for (let n = 0; n < sum.length; n++) sum[n] = (sum[n] as number) + (other?.[n] ?? 0);
    return sum;
  });
}
