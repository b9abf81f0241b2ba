// The one AudioContext of an engine and what everything audible shares in it: sources of tracks, the worklet modules,
// and whether the browser lets it run. Made when it is first needed, so that pages without mixing pay nothing.

import { Emitter, type Unsubscribe } from '../emitter.ts';
import { clientError } from '../errors.ts';
import { pcmFeedModule } from './pcm-feed-processor.ts';
import { tapModule } from './tap-processor.ts';

/** `idle`: not needed yet. `suspended`: waits for a click of the user, or was interrupted by the system. */
export type AudioGraphState = 'idle' | 'running' | 'suspended' | 'closed';

/** A track as a node; `release` it when it is no longer connected to anything of yours. */
export type TrackSource = { readonly node: AudioNode; release(): void };

/** What an audio graph may be told. */
export type AudioGraphOptions = {
  /** Makes the context. Default: one at 48 kHz, or at the device's rate where the browser refuses that. */
  readonly createContext?: () => AudioContext;
};

/** The audio graph of one engine. Its owner closes it after everything that uses it. */
export class AudioGraph {
  readonly #createContext: () => AudioContext;
  readonly #events = new Emitter<{ state: AudioGraphState }>();
  readonly #sources = new Map<MediaStreamTrack, SharedSource>();
  readonly #cleanups: (() => void)[] = [];
  #context: AudioContext | undefined;
  #modules: Promise<void> | undefined;
  #isClosed = false;

  constructor({ createContext = createDefaultContext }: AudioGraphOptions = {}) {
    this.#createContext = createContext;
  }

  /** Whether sound is processed now. */
  get state(): AudioGraphState {
    if (this.#isClosed) return 'closed';
    if (this.#context === undefined) return 'idle';
    return this.#context.state === 'running' ? 'running' : 'suspended';
  }

  /** The context; made now if it was not there. Throws `ENGINE_DESTROYED` after `close`. */
  get context(): AudioContext {
    if (this.#isClosed) throw clientError('ENGINE_DESTROYED');
    this.#context ??= this.#start();
    return this.#context;
  }

  /** Calls `listener` on every change of `state`. */
  onState(listener: (state: AudioGraphState) => void): Unsubscribe {
    return this.#events.on('state', listener);
  }

  /**
   * Starts processing, or starts it again after an interruption. Browsers may want a click or a key press of the user
   * first; the graph then starts by itself with the next one. Rejects with `AUDIO_SUSPENDED` if it does not run after
   * `patienceMs`.
   */
  async resume(patienceMs = 1000): Promise<void> {
    const { context } = this;
    const isRunning = (): boolean => context.state === 'running';
    if (isRunning()) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([context.resume().catch(() => undefined), patience]);
    clearTimeout(timer);
    if (!isRunning()) throw clientError(this.#isClosed ? 'ENGINE_DESTROYED' : 'AUDIO_SUSPENDED');
  }

  /** Loads the worklets, once. Rejects with `NOT_SUPPORTED` if the browser has none or the page's policy forbids them. */
  loadModules(): Promise<void> {
    this.#modules ??= loadInto(this.context).catch((cause: unknown) => {
      this.#modules = undefined;
      throw clientError('NOT_SUPPORTED', {
        message: 'Audio worklets cannot be loaded: the page must be secure and its policy allow blob: as script-src',
        cause,
      });
    });
    return this.#modules;
  }

  /** The sound of a track; users of one track share one node. `isRemote`: it is of a peer connection. */
  sourceOf(track: MediaStreamTrack, isRemote = track.label === REMOTE_LABEL): TrackSource {
    let source = this.#sources.get(track);
    if (source === undefined) {
      source = new SharedSource(this.context, track, isRemote);
      this.#sources.set(track, source);
    }
    source.users += 1;
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      source.users -= 1;
      if (source.users > 0) return;
      source.close();
      this.#sources.delete(track);
    };
    return { node: source.node, release };
  }

  /** Ends everything; idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const clean of this.#cleanups) clean();
    for (const source of this.#sources.values()) source.close();
    this.#sources.clear();
    await this.#context?.close().catch(() => undefined);
    this.#events.emit('state', 'closed');
  }

  #start(): AudioContext {
    const context = this.#createContext();
    const tell = (): void => {
      if (!this.#isClosed) this.#events.emit('state', this.state);
    };
    context.addEventListener('statechange', tell);
    this.#cleanups.push(() => context.removeEventListener('statechange', tell));
    // A context made without a gesture waits for one; so does Safari's after a phone call.
    const wake = (): void => {
      if (context.state !== 'running') void context.resume().catch(() => undefined);
    };
    for (const name of ['pointerup', 'keydown', 'touchend']) {
      globalThis.addEventListener?.(name, wake, { capture: true, passive: true });
      this.#cleanups.push(() => globalThis.removeEventListener?.(name, wake, { capture: true }));
    }
    wake();
    return context;
  }
}

/** What tracks of peer connections are called (WebRTC 1.0, "create a track"). */
const REMOTE_LABEL = 'remote audio';

/**
 * One track in the context. Chromium plays tracks of a peer connection only if a media element has them too; for other
 * tracks an element would only open one more output.
 */
class SharedSource {
  readonly node: MediaStreamAudioSourceNode;
  users = 0;
  readonly #element: HTMLAudioElement | undefined;

  constructor(context: AudioContext, track: MediaStreamTrack, isRemote: boolean) {
    const stream = new MediaStream([track]);
    this.#element = isRemote ? mutedElementOf(stream) : undefined;
    this.node = context.createMediaStreamSource(stream);
  }

  close(): void {
    this.node.disconnect();
    if (this.#element === undefined) return;
    this.#element.pause();
    this.#element.srcObject = null;
  }
}

function mutedElementOf(stream: MediaStream): HTMLAudioElement {
  const element = new Audio();
  element.muted = true;
  element.srcObject = stream;
  void element.play().catch(() => undefined);
  return element;
}

function createDefaultContext(): AudioContext {
  try {
    return new AudioContext({ latencyHint: 'interactive', sampleRate: 48_000 });
  } catch {
    return new AudioContext({ latencyHint: 'interactive' });
  }
}

async function loadInto(context: AudioContext): Promise<void> {
  for (const source of [tapModule(), pcmFeedModule()]) {
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    try {
      await context.audioWorklet.addModule(url);
    } finally {
      URL.revokeObjectURL(url);
    }
  }
}
