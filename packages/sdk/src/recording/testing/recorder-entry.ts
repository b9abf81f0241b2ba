// What the recorder's browser tests load: the recorder itself, without the engine around it.

export { createBrowserEnvironment } from '../../environment.ts';
export { openRecordingStore } from '../../storage/recording-store.ts';
export { DataRecorder, prewarmRecorder } from '../data-recorder.ts';
export { recordingSupport } from '../encoder-probe.ts';
