// The sound of one publish channel: what was captured and everything mixed into the published stream. While nothing is
// mixed in, the captured track itself is given and costs nothing; sound is mixed only while the browser lets it run.

import { Emitter, type Unsubscribe } from '../emitter.ts';
import type { AudioGraph, TrackSource } from './audio-graph.ts';
import { gainOfVolume, glideTo } from './audio-volume.ts';

/** Something mixed into a channel; whoever added it removes it. */
export type MixerInput = {
  /** 0 to 200. */
  setVolume(volume: number): void;
  remove(): void;
};

/** One per publish channel. `audioTrack`, `audioDelayUs` and `onChange` are the sound half of a `RecordingSource`. */
export class ChannelMixer {
  readonly #graph: AudioGraph;
  readonly #events = new Emitter<{ change: undefined }>();
  readonly #inputs = new Set<MixerInput>();
  readonly #stopListening: Unsubscribe;
  #captured: MediaStreamTrack | undefined;
  #capturedSource: TrackSource | undefined;
  #capturedVolume = 100;
  #nodes: MixerNodes | undefined;
  #auxTakers = 0;
  #shown: MediaStreamTrack | undefined;
  #isClosed = false;

  constructor(graph: AudioGraph) {
    this.#graph = graph;
    this.#stopListening = graph.onState(() => this.#refresh());
  }

  /** What is published and recorded; `undefined` while the channel has no sound. The mixer owns only what it mixed. */
  get audioTrack(): MediaStreamTrack | undefined {
    return this.#shown;
  }

  /** How much later `audioTrack` is than what was captured, µs: 0 unless sound is mixed in. */
  get audioDelayUs(): number {
    return this.#shown !== undefined && this.#shown !== this.#captured && this.#captured !== undefined
      ? MIXING_DELAY_US
      : 0;
  }

  /** All of the channel's sound as a node, for taps in the same graph: sooner than `audioTrack`, otherwise the same. */
  get output(): AudioNode {
    return this.#makeNodes().sum;
  }

  /** What is captured, at its volume, before anything is mixed in. */
  get voice(): AudioNode {
    return this.#makeNodes().capture;
  }

  /** All that is mixed in, whether it goes into the channel or is kept apart. */
  get aux(): AudioNode {
    return this.#makeNodes().aux;
  }

  /** Leaves what is mixed in out of the channel, so that it is in `aux` only, until all who asked for it let go. */
  keepAuxApart(): () => void {
    this.#auxTakers += 1;
    this.#routeAux();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#auxTakers -= 1;
      this.#routeAux();
    };
  }

  /** Calls `listener` after `audioTrack` became another one. */
  onChange(listener: () => void): Unsubscribe {
    return this.#events.on('change', () => listener());
  }

  /** Sets the microphone's track, or whatever else the channel captures. Its owner stops it. */
  setCapture(track: MediaStreamTrack | undefined): void {
    if (this.#captured === track || this.#isClosed) return;
    this.#captured = track;
    if (this.#nodes !== undefined) this.#connectCapture(this.#nodes);
    this.#refresh();
  }

  /** 0 to 200; 100 as captured. Throws `INVALID_ARGUMENT`. */
  setCaptureVolume(volume: number): void {
    const factor = gainOfVolume(volume);
    this.#capturedVolume = volume;
    if (volume !== 100) this.#makeNodes();
    if (this.#nodes !== undefined) glideTo(this.#nodes.capture, factor);
    this.#refresh();
  }

  /** Mixes the output of `node` into the channel until the returned input is removed. */
  addInput(node: AudioNode, volume = 100): MixerInput {
    const gain = new GainNode(this.#graph.context, { gain: gainOfVolume(volume) });
    node.connect(gain).connect(this.#makeNodes().aux);
    const input: MixerInput = {
      setVolume: (next) => glideTo(gain, gainOfVolume(next)),
      remove: () => {
        if (!this.#inputs.delete(input)) return;
        node.disconnect(gain);
        gain.disconnect();
        this.#refresh();
      },
    };
    this.#inputs.add(input);
    this.#refresh();
    return input;
  }

  /** Ends what it made; captured tracks go on. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    for (const input of [...this.#inputs]) input.remove();
    this.#capturedSource?.release();
    this.#nodes?.sum.disconnect();
    for (const track of this.#nodes?.destination.stream.getTracks() ?? []) track.stop();
    this.#shown = undefined;
  }

  #routeAux(): void {
    if (this.#isClosed) return;
    glideTo(this.#makeNodes().auxOut, this.#auxTakers > 0 ? 0 : 1);
    this.#refresh();
  }

  #makeNodes(): MixerNodes {
    if (this.#nodes !== undefined) return this.#nodes;
    const { context } = this.#graph;
    const capture = new GainNode(context, { gain: gainOfVolume(this.#capturedVolume) });
    const aux = new GainNode(context);
    const auxOut = new GainNode(context);
    const sum = new GainNode(context);
    const destination = context.createMediaStreamDestination();
    capture.connect(sum).connect(destination);
    aux.connect(auxOut).connect(sum);
    this.#nodes = { capture, aux, auxOut, sum, destination };
    this.#connectCapture(this.#nodes);
    return this.#nodes;
  }

  #connectCapture(nodes: MixerNodes): void {
    this.#capturedSource?.node.disconnect(nodes.capture);
    this.#capturedSource?.release();
    this.#capturedSource = undefined;
    if (this.#captured === undefined) return;
    this.#capturedSource = this.#graph.sourceOf(this.#captured);
    this.#capturedSource.node.connect(nodes.capture);
  }

  #refresh(): void {
    if (this.#isClosed) return;
    const isMixing =
      (this.#inputs.size > 0 && this.#auxTakers === 0) ||
      (this.#capturedVolume !== 100 && this.#captured !== undefined);
    const mixed = isMixing && this.#graph.state === 'running' ? this.#nodes?.destination : undefined;
    const track = mixed?.stream.getAudioTracks()[0] ?? this.#captured;
    if (track === this.#shown) return;
    this.#shown = track;
    this.#events.emit('change', undefined);
  }
}

type MixerNodes = {
  readonly capture: GainNode;
  readonly aux: GainNode;
  /** 0 while what is mixed in is kept apart. */
  readonly auxOut: GainNode;
  readonly sum: GainNode;
  readonly destination: MediaStreamAudioDestinationNode;
};

/** Measured in Chromium; see docs/raw-audio.md. */
const MIXING_DELAY_US = 11_000;
