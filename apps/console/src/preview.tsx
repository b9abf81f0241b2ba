// The visitor's own picture in the lobby, with a level meter and the two switches.

import { type ReactNode, useEffect, useRef } from 'react';
import { Icon } from './icons.tsx';
import type { LobbyMediaView } from './lobby-media.ts';
import { watchLevel } from './sound-level.ts';
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
        <LevelMeter mediaStream={isMicrophoneOn ? stream?.mediaStream : undefined} />
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

/** Bars that follow the voice; drawn by style, so that React need not run ten times a second. */
function LevelMeter({ mediaStream }: { mediaStream: MediaStream | undefined }): ReactNode {
  const meter = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const show = (level: number): void => {
      // Loudness is heard in steps of decibels: −50 dB is empty, −8 dB full.
      const decibels = 20 * Math.log10(Math.max(level, 1e-5));
      meter.current?.style.setProperty('--level', String(Math.min(1, Math.max(0, (decibels + 50) / 42))));
    };
    show(0);
    return mediaStream === undefined ? undefined : watchLevel(mediaStream, show);
  }, [mediaStream]);
  return (
    <div ref={meter} className="meter" role="img" aria-label="Microphone level">
      <div className="meter-fill" />
    </div>
  );
}
