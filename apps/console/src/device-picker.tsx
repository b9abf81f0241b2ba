// Which camera and microphone, or a test picture instead of both.

import type { ReactNode } from 'react';
import { Icon } from './icons.tsx';
import { lastUserName } from './identity.ts';
import type { LobbyMedia, LobbyMediaView } from './lobby-media.ts';

/** Lets the visitor choose devices; says what to do when there are none. */
export function DevicePicker({ media, view }: { media: LobbyMedia; view: LobbyMediaView }): ReactNode {
  const isMade = view.kind !== 'devices';
  return (
    <div className="devices">
      <DeviceSelect
        label="Camera"
        devices={view.cameras}
        chosen={view.cameraId}
        isDisabled={isMade}
        onChoose={(cameraId) => void media.choose({ cameraId })}
      />
      <DeviceSelect
        label="Microphone"
        devices={view.microphones}
        chosen={view.microphoneId}
        isDisabled={isMade}
        onChoose={(microphoneId) => void media.choose({ microphoneId })}
      />
      <button
        type="button"
        className="quiet"
        aria-pressed={isMade}
        onClick={() => void media.open(isMade ? 'devices' : 'test', lastUserName())}
      >
        <Icon name={isMade ? 'camera' : 'picture'} />
        {isMade ? 'Use my devices' : 'Use a test picture'}
      </button>
    </div>
  );
}

type DeviceSelectProps = {
  label: string;
  devices: readonly MediaDeviceInfo[];
  chosen: string;
  isDisabled: boolean;
  onChoose: (deviceId: string) => void;
};

function DeviceSelect({ label, devices, chosen, isDisabled, onChoose }: DeviceSelectProps): ReactNode {
  return (
    <label className="field">
      <span>{label}</span>
      <select
        disabled={isDisabled || devices.length === 0}
        value={chosen}
        onChange={(event) => onChoose(event.target.value)}
      >
        <option value="">{devices.length === 0 ? 'None found' : 'Default'}</option>
        {devices
          .filter((device) => device.deviceId !== 'default')
          .map((device, index) => (
            <option key={device.deviceId} value={device.deviceId}>
              {device.label || `${label} ${index + 1}`}
            </option>
          ))}
      </select>
    </label>
  );
}
