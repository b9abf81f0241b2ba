// A participant's event socket without a browser, for what only the socket can say.

/** Where a room is and who lets people in; a `Stage` is one. */
export type RoomDoor = {
  readonly server: { readonly url: string };
  token(roomId: string, userId: string): Promise<string>;
};

/** A participant that is in the room. */
export type RoomSocket = {
  setMuted(streamId: string, kind: 'audio' | 'video', muted: boolean): void;
  close(): void;
};

/** Joins a room; rejects when it is refused. */
export async function joinRoom(door: RoomDoor, roomId: string, userId: string): Promise<RoomSocket> {
  const token = await door.token(roomId, userId);
  const socket = new WebSocket(`${door.server.url.replace(/^http/, 'ws')}/v1/rooms/${roomId}/events`);
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
