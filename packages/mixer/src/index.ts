export {
  followSpeaker,
  nobodySpeaking,
  SPEAKER_RULES,
  type SpeakerLevel,
  type SpeakerRules,
  type SpeakerState,
} from './layout/follow-speaker.ts';
export { layOut, layoutOf, printTiles } from './layout/lay-out.ts';
export type { Layout, MixInput, Rect, Size, Tile, TileLabel } from './layout/tile.ts';
export { createMixRunner, type MixRunnerOptions, SOUND_WAVE_FILE } from './mix/mix-runner.ts';
export { LATENCY_US, type Mixer, type MixerOptions, type MixStep, openMixer } from './mix/mixer.ts';
export type { MixEvent, MixFacts, MixJob, MixPause, MixRunner, MixStream } from './mix-job.ts';
export type { AssetError, AssetErrorCode } from './overlay/asset-error.ts';
export {
  ASSET_LIMITS,
  type Asset,
  type AssetLimits,
  AssetLoader,
  type AssetLoaderOptions,
} from './overlay/asset-loader.ts';
export { type Bitmap, CANVAS_LAYER, type Drawing, type PlacedBitmap } from './overlay/bitmap.ts';
export { loadEasel } from './overlay/easel.ts';
export { createOverlayPainter, OverlayPainter, type OverlayScene } from './overlay/overlay-painter.ts';
export type { PictureProblem, PictureSource } from './overlay/picture-shelf.ts';
export { FilmTime, filmLengthUs } from './plan/film-time.ts';
export {
  type MixPlan,
  type MixScene,
  type MixSpan,
  planMix,
  printPlan,
  type Stories,
  sceneAt,
} from './plan/mix-plan.ts';
export { type StreamState, StreamStory } from './plan/stream-story.ts';
export type { LevelLine } from './sound/loudness.ts';
