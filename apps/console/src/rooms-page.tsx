// Lobby, then room. A deep link that asks for it goes through the lobby without stopping.

import { type ReactNode, useEffect, useState } from 'react';
import type { ConsoleApi } from './console-api.ts';
import { identify, toId } from './identity.ts';
import { Lobby, type LobbyAnswer } from './lobby.tsx';
import { LobbyMedia } from './lobby-media.ts';
import { RoomPage } from './room-page.tsx';
import type { Visit } from './room-session.ts';
import type { RoomLink } from './route.ts';

/** The way into a room and the room itself. */
export function RoomsPage({ api, link }: { api: ConsoleApi; link: RoomLink }): ReactNode {
  const [media] = useState(() => new LobbyMedia());
  const [visit, setVisit] = useState<Visit>();
  const isAutomatic = link.isAutomatic && link.roomId !== '' && link.userName !== '';
  const enter = (answer: LobbyAnswer): void => setVisit(visitOf(media, link, answer));

  // biome-ignore lint/correctness/useExhaustiveDependencies: a link is followed once, when the page opens
  useEffect(() => {
    const opened = media.open(link.source, link.userName);
    if (isAutomatic) {
      const { roomId, userName, codec } = link;
      void opened.then(() => {
        // Opened twice in development mode: only the attempt that still holds its stream enters.
        if (media.store.value.isOpening) return;
        enter({ roomId, userName, codec, isMicrophoneOn: true, isCameraOn: true });
      });
    }
    return () => media.close();
  }, []);

  if (visit !== undefined) {
    const leave = (): void => {
      setVisit(undefined);
      location.hash = `#/room/${visit.roomId}`;
      void media.open(link.source, visit.userName);
    };
    return <RoomPage key={visit.userId} api={api} visit={visit} onLeave={leave} />;
  }
  return isAutomatic ? (
    <p className="waiting">Joining {link.roomId} …</p>
  ) : (
    <Lobby {...{ media, link }} onEnter={enter} />
  );
}

function visitOf(media: LobbyMedia, link: RoomLink, answer: LobbyAnswer): Visit {
  const { userName, codec, isMicrophoneOn, isCameraOn } = answer;
  const { stream, close } = media.handOver(userName);
  return {
    roomId: toId(answer.roomId),
    userId: identify(userName),
    userName,
    codec,
    simulcast: link.simulcast,
    stream,
    isMicrophoneOn,
    isCameraOn,
    closeStream: close,
  };
}
