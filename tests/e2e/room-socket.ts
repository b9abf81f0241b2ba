// A participant's event socket without a browser, for what only the socket can say.

import type { Stage } from './stage.ts';

/** A participant that is in the room. */
export type RoomSocket = {
  setMuted(streamId: string, kind: 'audio' | 'video', muted: boolean): void;
  close(): void;
};

/** Joins a room; rejects when it is refused. */
export async function joinRoom(stage: Stage, roomId: string, userId: string): Promise<RoomSocket> {
  const token = await stage.token(roomId, userId);
  const socket = new WebSocket(`${stage.server.url.replace(/^http/, 'ws')}/v1/rooms/${roomId}/events`);
  await new Promise<void>((resolve, reject) => {
    socket.onerror = () => reject(new Error('the event socket was refused'));
    socket.onopen = () => socket.send(JSON.stringify({ type: 'join', token, userName: userId }));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as { type: string };
      if (message.type === 'joined') resolve();
      else if (message.type === 'error') reject(new Error(String(data)));
    };
  });
  return {
    setMuted: (streamId, kind, muted) => socket.send(JSON.stringify({ type: 'set-muted', streamId, kind, muted })),
    close: () => socket.close(),
  };
}
