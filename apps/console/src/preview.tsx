// The visitor's own picture in the lobby, with a level meter and the two switches.

import type { ReactNode } from 'react';
import { Icon } from './icons.tsx';
import { LevelMeter } from './level-meter.tsx';
import type { LobbyMediaView } from './lobby-media.ts';
import { VideoView } from './video-view.tsx';

/** What is on when the room is entered. */
export type Switches = { readonly isMicrophoneOn: boolean; readonly isCameraOn: boolean };

type PreviewProps = { view: LobbyMediaView; switches: Switches; onSwitch: (switches: Switches) => void };

/** Shows what the others will see. */
export function Preview({ view, switches, onSwitch }: PreviewProps): ReactNode {
  const { stream } = view;
  const hasPicture = stream?.videoTrack !== undefined && switches.isCameraOn;
  const { isMicrophoneOn, isCameraOn } = switches;
  return (
    <div className="preview">
      {hasPicture ? (
        <VideoView mediaStream={stream.mediaStream} isMuted isMirrored={stream.source === 'camera'} />
      ) : null}
      {hasPicture ? null : <PreviewNotice view={view} isCameraOn={isCameraOn} />}
      <div className="preview-bar">
        <SwitchButton
          isOn={isMicrophoneOn}
          icons={['mic', 'micOff']}
          label="Microphone"
          onClick={() => onSwitch({ isCameraOn, isMicrophoneOn: !isMicrophoneOn })}
        />
        <SwitchButton
          isOn={isCameraOn}
          icons={['camera', 'cameraOff']}
          label="Camera"
          onClick={() => onSwitch({ isMicrophoneOn, isCameraOn: !isCameraOn })}
        />
        <LevelMeter mediaStream={isMicrophoneOn ? stream?.mediaStream : undefined} label="Microphone level" />
      </div>
    </div>
  );
}

function PreviewNotice({ view, isCameraOn }: { view: LobbyMediaView; isCameraOn: boolean }): ReactNode {
  if (view.isOpening) return <p className="preview-notice">Opening camera and microphone …</p>;
  if (view.problem === undefined) {
    return (
      <p className="preview-notice">{isCameraOn ? 'No camera: you join with sound only.' : 'The camera is off.'}</p>
    );
  }
  return (
    <div className="preview-notice" role="status">
      <strong>{view.problem.message}</strong>
      <span>{view.problem.whatToDo}</span>
      <span>You can join without, to watch and listen, or send a test picture.</span>
    </div>
  );
}

type SwitchButtonProps = {
  isOn: boolean;
  icons: readonly ['mic', 'micOff'] | readonly ['camera', 'cameraOff'];
  label: string;
  onClick: () => void;
};

function SwitchButton({ isOn, icons, label, onClick }: SwitchButtonProps): ReactNode {
  const title = `${label} ${isOn ? 'on' : 'off'}`;
  return (
    <button type="button" className="round" aria-pressed={!isOn} aria-label={title} title={title} onClick={onClick}>
      <Icon name={isOn ? icons[0] : icons[1]} />
    </button>
  );
}
