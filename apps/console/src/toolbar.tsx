// The buttons of the room.

import type { Recording } from '@roomtape/api';
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';
import { RecordControl } from './record-control.tsx';
import type { RoomRecordings } from './room-recordings.ts';
import type { RoomSession, RoomView } from './room-session.ts';
import { mixAddress } from './route.ts';

type ToolbarProps = {
  session: RoomSession;
  view: RoomView;
  recordings: RoomRecordings;
  active: Recording | undefined;
  /** A film of the whole room is being made. */
  isOnAir: boolean;
  isBusy: boolean;
  onLeave: () => void;
};

/** Microphone, camera, screen, record, leave. */
export function Toolbar({ session, view, recordings, active, isOnAir, isBusy, onLeave }: ToolbarProps): ReactNode {
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
      <MixLink roomId={session.visit.roomId} isOnAir={isOnAir} />
      <span className="toolbar-gap" />
      <ToolButton label="Leave" icon="leave" isDanger onClick={onLeave} />
    </section>
  );
}

/** Opens the mixing desk beside the room: whoever directs the film does not leave the meeting. */
function MixLink({ roomId, isOnAir }: { roomId: string; isOnAir: boolean }): ReactNode {
  const words = isOnAir ? 'Mix, on air' : 'Mix';
  return (
    <a
      className={isOnAir ? 'tool on-air' : 'tool'}
      href={mixAddress(roomId)}
      target="_blank"
      rel="noopener"
      aria-label={words}
    >
      <Icon name="layout" />
      <span>{words}</span>
    </a>
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
