// What this browser can do of what the engine offers, found out by trying where browsers are known to say too much.

import { notLoaded } from './recording-desk.ts';

/** What may be asked of `isFeatureSupported`. */
export const ENGINE_FEATURES = [
  /** Rooms, publishing and playing. */
  'publish',
  /** Cameras and microphones: needs https or this machine. */
  'camera',
  'screen',
  /** A local recording of any kind. */
  'local-recording',
  /** Recordings of pictures, proved by encoding one. `mp4` and `flv` may lack sound where `aac` is missing. */
  'h264',
  'h265',
  /** Recordings of sound, by the browser's encoder or the one that comes with the SDK. */
  'aac',
  'mp4',
  'flv',
  /** Recordings survive a crash of the tab and can be listed and recovered. */
  'storage',
  /** A recording can be written to a file the user picks. */
  'file-picker',
  /** Observers of raw audio, players that mix in, PCM mixing. */
  'raw-audio',
] as const;
/** One of the features. */
export type EngineFeature = (typeof ENGINE_FEATURES)[number];

/** Tells whether this browser has a feature. Rejects only when a part of the SDK cannot be loaded. */
export async function isFeatureSupported(feature: EngineFeature): Promise<boolean> {
  switch (feature) {
    case 'publish':
      return typeof RTCPeerConnection !== 'undefined' && typeof WebSocket !== 'undefined';
    case 'camera':
      return globalThis.navigator?.mediaDevices?.getUserMedia !== undefined;
    case 'screen':
      return globalThis.navigator?.mediaDevices?.getDisplayMedia !== undefined;
    case 'storage':
      return canStore();
    case 'file-picker':
      return 'showSaveFilePicker' in globalThis;
    case 'raw-audio':
      return typeof AudioWorkletNode !== 'undefined';
    default:
      return canRecord(feature);
  }
}

async function canRecord(feature: 'local-recording' | 'h264' | 'h265' | 'aac' | 'mp4' | 'flv'): Promise<boolean> {
  const { recordingSupport } = await import('../recording/encoder-probe.ts').catch(notLoaded);
  const { mp4, flv, aac, h265, path } = await recordingSupport();
  const answers = { 'local-recording': path !== 'none', h264: mp4 || flv, h265, aac, mp4, flv };
  return answers[feature];
}

/** Private windows have the calls and refuse them. */
async function canStore(): Promise<boolean> {
  try {
    await globalThis.navigator.storage.getDirectory();
    return typeof Worker !== 'undefined' && typeof FileSystemFileHandle !== 'undefined';
  } catch {
    return false;
  }
}
