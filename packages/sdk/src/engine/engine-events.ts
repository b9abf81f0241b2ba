// Every event of the engine: those of the room connection, and those of devices. Data only.

import type { RoomtapeClientError } from '../errors.ts';
import type { ClientEvents } from '../events.ts';
import type {
  DataRecordConfig,
  DataRecordProgress,
  DataRecordStateUpdate,
  PublishChannel,
} from '../recording/record-config.ts';
import type { MediaDevice } from './engine-options.ts';

/** The engine's events, from name to payload. */
export type EngineEvents = ClientEvents & {
  /** A device was plugged in or out, or its name became known. `devices` is every device now. */
  'devices-changed': { readonly devices: readonly MediaDevice[] };
  /**
   * A channel's track ended without being asked to: the device was unplugged, or the user stopped sharing. What is
   * published freezes or falls silent; a recording goes on so. `useCamera`, `useMicrophone`, `startPreview` or
   * `setCustomCapture` bring it back.
   */
  'capture-ended': {
    readonly channel: PublishChannel;
    readonly kind: 'audio' | 'video';
    readonly error: RoomtapeClientError;
  };
};

/** Whom local recordings tell. Every function is optional; what one throws stops nothing. */
export type DataRecordEventHandler = {
  /** The recording of a channel changed its state, or something is wrong with it while it goes on. */
  onCapturedDataRecordStateUpdate?(update: DataRecordStateUpdate, channel: PublishChannel): void;
  /** Once per `progressIntervalMs` of the recording of a channel. */
  onCapturedDataRecordProgressUpdate?(
    progress: DataRecordProgress,
    config: DataRecordConfig,
    channel: PublishChannel,
  ): void;
  /** The recording of a played stream changed its state. */
  onRemoteDataRecordStateUpdate?(update: DataRecordStateUpdate, streamId: string): void;
  /** Once per `progressIntervalMs` of the recording of a played stream. */
  onRemoteDataRecordProgressUpdate?(progress: DataRecordProgress, config: DataRecordConfig, streamId: string): void;
};
