// What the pages of the audio tests load: the audio classes of the SDK, sources of known tones and what measures them.

export { openRecordingStore } from '../../storage/recording-store.ts';
export { AlignedAux } from '../aligned-aux.ts';
export { startAudioDataObserver } from '../audio-data-observer.ts';
export { AudioEffectPlayer } from '../audio-effect-player.ts';
export { AudioGraph } from '../audio-graph.ts';
export { AudioMixing } from '../audio-mixing.ts';
export { startAudioRecording } from '../audio-recording.ts';
export { ChannelMixer } from '../channel-mixer.ts';
export { MediaPlayer } from '../media-player.ts';
export { PlaybackTracks } from '../playback-tracks.ts';
export { toneWav } from './tone-wav.ts';
export {
  counterNode,
  faultsOf,
  levelsDb,
  listen,
  loopback,
  planeOf,
  restDb,
  steadyLevelsDb,
  toneNode,
  toneTrack,
} from './tones.ts';
