// Room name, how many are there, whether the connection holds, and a link for others.

import { type ReactNode, useState } from 'react';
import { Icon } from './icons.tsx';
import type { RoomView } from './room-session.ts';
import { roomAddress } from './route.ts';

const STATE_WORDS: Record<RoomView['state'], string> = {
  connected: 'Connected',
  connecting: 'Connecting …',
  reconnecting: 'Reconnecting …',
  disconnected: 'Not connected',
};

/** The room in one line. */
export function RoomStatus({
  roomId,
  view,
}: {
  roomId: string;
  view: Pick<RoomView, 'state' | 'participants'>;
}): ReactNode {
  const count = view.participants.length;
  return (
    <div className="room-status">
      <strong>{roomId}</strong>
      <span className={`pill ${view.state}`} role="status">
        <span className="pill-dot" aria-hidden="true" />
        {STATE_WORDS[view.state]}
      </span>
      {count > 0 ? (
        <span className="dim room-count">
          <Icon name="person" />
          {count}
        </span>
      ) : null}
      <CopyLink roomId={roomId} />
    </div>
  );
}

function CopyLink({ roomId }: { roomId: string }): ReactNode {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard?.writeText(roomAddress(roomId)).catch(() => undefined);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" className="quiet small" onClick={() => void copy()}>
      <Icon name="link" />
      {isCopied ? 'Copied' : 'Copy link'}
    </button>
  );
}
