// Where the picture and sound of a channel come from. It may be changed while the channel is being recorded.

import type { MediaDevice } from '@roomtape/sdk';
import type { ReactNode } from 'react';
import { Choice, type ChoiceOption, optionsOf } from '../choice.tsx';
import { SOURCE_NAMES } from './channel-names.ts';
import { type ChannelSource, type ChannelView, SOURCES } from './channel-view.ts';

/** Chosen devices; empty: the default one. */
export type DeviceChoice = { readonly cameraId: string; readonly microphoneId: string };

type SourceBarProps = {
  view: ChannelView;
  devices: readonly MediaDevice[];
  canShareScreen: boolean;
  onSource: (source: ChannelSource) => void;
  onDevices: (choice: Partial<DeviceChoice>) => void;
};

/** Source, camera and microphone. */
export function SourceBar({ view, devices, canShareScreen, onSource, onDevices }: SourceBarProps): ReactNode {
  const isCamera = view.source === 'camera';
  const sources = SOURCES.filter((source) => source !== 'screen' || canShareScreen);
  return (
    <div className="source-bar">
      <Choice
        label="Source"
        value={view.source}
        isDisabled={view.isOpening}
        options={optionsOf(sources, SOURCE_NAMES)}
        onChange={onSource}
      />
      <Choice
        label="Camera"
        value={view.cameraId}
        isDisabled={!isCamera || view.isOpening}
        options={deviceOptions(devices, 'camera')}
        onChange={(cameraId) => onDevices({ cameraId })}
      />
      <Choice
        label="Microphone"
        value={view.microphoneId}
        isDisabled={!isCamera || view.isOpening}
        options={deviceOptions(devices, 'microphone')}
        onChange={(microphoneId) => onDevices({ microphoneId })}
      />
    </div>
  );
}

function deviceOptions(devices: readonly MediaDevice[], kind: MediaDevice['kind']): ChoiceOption<string>[] {
  const named = devices.filter((device) => device.kind === kind && !['', 'default'].includes(device.deviceId));
  const first = { value: '', words: named.length === 0 ? 'None found' : 'Default' };
  const rest = named.map(({ deviceId, name }, index) => ({ value: deviceId, words: name || `${kind} ${index + 1}` }));
  return [first, ...rest];
}
