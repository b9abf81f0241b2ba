// Raw audio as an application gets it: what may be asked for, what arrives, and the numbers that make gaps visible.

/** What is tapped. `captured`: the channel's published sound, with what is mixed in. `mixed`: captured + playback. */
export type AudioDataSources = {
  readonly captured?: boolean;
  /** The sum of all played streams. */
  readonly playback?: boolean;
  readonly mixed?: boolean;
  /** Each played stream by itself. */
  readonly player?: boolean;
  /** The microphone before echo cancellation, noise suppression and gain control. Opens the device once more. */
  readonly beforeProcessing?: boolean;
};

/** How the samples are to come. Each field has a default: 48 000, 1, `int16`, 20. */
export type AudioDataFormat = {
  /** A whole number of Hz from 8000 to 48 000. */
  readonly sampleRate?: number;
  readonly channels?: 1 | 2;
  /** `int16`: full scale is ±32 767, louder sound is clipped. `float32`: full scale is ±1, not clipped. */
  readonly format?: 'int16' | 'float32';
  readonly frameMs?: 10 | 20 | 40;
};

/** One frame. `data` is the receiver's, channels interleaved (L R L R …). */
export type AudioDataFrame = {
  readonly data: Int16Array | Float32Array;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /**
   * When the first sample entered the graph, µs of the clock of `performance.now()`. Counted from samples: it has no
   * jitter, is the same for all taps of one observer, and jumps only where `isContinuous` is false.
   */
  readonly timestampUs: number;
  /** Samples of this tap before this frame; counts on over lost ones. */
  readonly sampleIndex: number;
  /** Whether this frame follows the one before without loss; true for the first. */
  readonly isContinuous: boolean;
  /** Samples that the browser lost before this frame; 0 if `isContinuous`. An estimate to about 10 ms. */
  readonly lostSamples: number;
};

/** What an observer calls; called on the page's thread, so return soon. What it throws is reported and harms nothing. */
export type AudioDataHandler = {
  readonly onCapturedAudioData?: (frame: AudioDataFrame) => void;
  readonly onPlaybackAudioData?: (frame: AudioDataFrame) => void;
  readonly onMixedAudioData?: (frame: AudioDataFrame) => void;
  readonly onPlayerAudioData?: (frame: AudioDataFrame, streamId: string) => void;
  readonly onBeforeProcessingAudioData?: (frame: AudioDataFrame) => void;
  /**
   * While `enableAlignedAudioAuxData` is on: what is mixed into the main channel, and the captured voice that belongs to
   * it. Both frames have the same `sampleIndex`, `timestampUs` and length.
   */
  readonly onAlignedAudioAuxData?: (aux: AudioDataFrame, voice: AudioDataFrame) => void;
  /** `suspended`: the browser stopped all sound (no user gesture yet, a phone call); frames stop until `running`. */
  readonly onAudioDataStateUpdate?: (state: 'running' | 'suspended') => void;
};

/** A format with nothing left open. */
export type FullAudioDataFormat = Required<AudioDataFormat>;
