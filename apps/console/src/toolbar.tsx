// The buttons of the room.

import type { Recording } from '@roomtape/api';
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';
import { RecordControl } from './record-control.tsx';
import type { RoomRecordings } from './room-recordings.ts';
import type { RoomSession, RoomView } from './room-session.ts';

type ToolbarProps = {
  session: RoomSession;
  view: RoomView;
  recordings: RoomRecordings;
  active: Recording | undefined;
  isBusy: boolean;
  onLeave: () => void;
};

/** Microphone, camera, screen, record, leave. */
export function Toolbar({ session, view, recordings, active, isBusy, onLeave }: ToolbarProps): ReactNode {
  const { stream } = session.visit;
  return (
    <section className="toolbar" aria-label="Controls">
      <ToolButton
        label={view.isMicrophoneOn ? 'Mute' : 'Unmute'}
        icon={view.isMicrophoneOn ? 'mic' : 'micOff'}
        isAlert={!view.isMicrophoneOn}
        isDisabled={stream?.audioTrack === undefined}
        onClick={() => session.setMicrophone(!view.isMicrophoneOn)}
      />
      <ToolButton
        label={view.isCameraOn ? 'Camera off' : 'Camera on'}
        icon={view.isCameraOn ? 'camera' : 'cameraOff'}
        isAlert={!view.isCameraOn}
        isDisabled={stream?.videoTrack === undefined}
        onClick={() => session.setCamera(!view.isCameraOn)}
      />
      <ToolButton
        label={view.isSharing ? 'Stop sharing' : 'Share screen'}
        icon="screen"
        isActive={view.isSharing}
        onClick={() => void (view.isSharing ? session.stopSharing() : session.startSharing())}
      />
      <span className="toolbar-gap" />
      <RecordControl recordings={recordings} active={active} isBusy={isBusy} />
      <span className="toolbar-gap" />
      <ToolButton label="Leave" icon="leave" isDanger onClick={onLeave} />
    </section>
  );
}

type ToolButtonProps = {
  label: string;
  icon: IconName;
  isActive?: boolean;
  isAlert?: boolean;
  isDanger?: boolean;
  isDisabled?: boolean;
  onClick: () => void;
};

function ToolButton(props: ToolButtonProps): ReactNode {
  const { label, icon, isActive = false, isAlert = false, isDanger = false, isDisabled = false, onClick } = props;
  const names = ['tool', isActive ? 'active' : '', isAlert ? 'alert' : '', isDanger ? 'danger' : ''];
  return (
    <button type="button" className={names.filter(Boolean).join(' ')} disabled={isDisabled} onClick={onClick}>
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}
