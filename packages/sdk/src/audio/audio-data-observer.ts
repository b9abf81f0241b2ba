// Observers of raw audio: which sound they tap, from which nodes, and how long. One observer is one tap node; what it
// gives is made on the page's thread, so a page that is busy gets frames late but loses none.

import { clientError } from '../errors.ts';
import type { AudioDataFormat, AudioDataFrame, AudioDataHandler, AudioDataSources } from './audio-data.ts';
import { fullAudioDataFormat } from './audio-data-format.ts';
import type { AudioGraph } from './audio-graph.ts';
import { AudioTap, TapTimeline } from './audio-tap.ts';
import type { ChannelMixer } from './channel-mixer.ts';
import type { PlaybackTracks } from './playback-tracks.ts';
import { PlayerTaps } from './player-taps.ts';
import { TapNode, type TappedBlock } from './tap-node.ts';

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

type FullRequest = AudioObserverRequest & { readonly format: ReturnType<typeof fullAudioDataFormat> };

class ObserverRun implements AudioDataObserver {
  readonly #request: FullRequest;
  readonly #node: TapNode;
  readonly #timeline: TapTimeline;
  readonly #taps = new Map<number, AudioTap>();
  readonly #mixed: AudioTap | undefined;
  readonly #players: PlayerTaps;
  readonly #cleanups: (() => void)[] = [];
  /** Blocks of the first quarter of a second, until their times are known. */
  #waiting: { readonly block: TappedBlock; readonly lostMs: number }[] = [];
  #isSuspended = false;
  #isStopped = false;

  constructor(ports: AudioTapPorts, request: FullRequest, unprocessed: MediaStreamTrack | undefined) {
    const { sources, format } = request;
    const { graph } = ports;
    const { context } = graph;
    const { sampleRate: fromRate } = context;
    this.#request = request;
    this.#timeline = new TapTimeline(context);
    const blockFrames = Math.round((fromRate * format.frameMs) / 1000);
    const onBlock = (block: TappedBlock): void => this.#take(block);
    this.#node = new TapNode({ context, blockFrames, channels: format.channels, onBlock });
    const make = (): AudioTap => new AudioTap({ fromRate, format, timeline: this.#timeline });
    if (sources.captured || sources.mixed) this.#plugCaptured(ports.mixer, make());
    if (sources.playback || sources.mixed) this.#taps.set(PLAYBACK, make());
    if (unprocessed !== undefined) this.#plugUnprocessed(graph, unprocessed, make());
    if (sources.mixed) this.#mixed = make();
    this.#players = new PlayerTaps({
      graph,
      node: this.#node,
      firstInput: FIRST_PLAYER,
      ...(this.#taps.has(PLAYBACK) ? { sumInput: PLAYBACK } : {}),
      ...(sources.player ? { makeTap: make } : {}),
    });
    const follow = (): void => {
      this.#players.follow(ports.playback.entries);
      this.#node.select([...this.#taps.keys(), ...this.#players.inputs]);
    };
    follow();
    this.#cleanups.push(
      ports.playback.onChange(follow),
      graph.onState((state) => this.#tellState(state)),
    );
    this.#tellState(graph.state);
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#node.close();
    this.#players.close();
    for (const clean of this.#cleanups) clean();
  }

  #plugCaptured(mixer: ChannelMixer, tap: AudioTap): void {
    this.#taps.set(CAPTURED, tap);
    this.#cleanups.push(this.#node.connect(mixer.output, CAPTURED));
  }

  #plugUnprocessed(graph: AudioGraph, track: MediaStreamTrack, tap: AudioTap): void {
    this.#taps.set(UNPROCESSED, tap);
    const source = graph.sourceOf(track);
    this.#cleanups.push(this.#node.connect(source.node, UNPROCESSED), source.release, () => track.stop());
  }

  #take(block: TappedBlock): void {
    const lostMs = this.#timeline.advance(block);
    this.#waiting.push({ block, lostMs });
    if (!this.#timeline.isSettled) return;
    const ready = this.#waiting;
    this.#waiting = [];
    for (const next of ready) this.#deliver(next.block, next.lostMs);
  }

  #deliver(block: TappedBlock, lostMs: number): void {
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

  /** What a callback throws is for the page's own error reporting; what comes after `stop` is for nobody. */
  #guard(to: ((frame: AudioDataFrame) => void) | undefined): (frame: AudioDataFrame) => void {
    return (frame) => {
      if (this.#isStopped) return;
      try {
        to?.(frame);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    };
  }

  #tellState(state: AudioGraph['state']): void {
    if (state === 'closed') {
      this.stop();
      return;
    }
    if (state === 'running' && this.#isSuspended) this.#timeline.noteInterruption();
    this.#isSuspended = state !== 'running';
    this.#request.handler.onAudioDataStateUpdate?.(state === 'running' ? 'running' : 'suspended');
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
