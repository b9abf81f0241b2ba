// HLS playlists as they are sent: on disk they name segments beside them, over HTTP a segment is a part of its file and
// needs the token the playlist was asked for with. Pure.

/** Gives every segment of a playlist the address under which it is served (RFC 8216 §4.1, URIs are relative). */
export function addressedPlaylist(playlist: string, fileId: string, token: string | undefined): string {
  const query = token === undefined ? '' : `?token=${encodeURIComponent(token)}`;
  const addressed = (name: string): string => `${fileId}/${name}${query}`;
  return playlist
    .split('\n')
    .map((line) => {
      if (line.startsWith('#')) return line.replace(/URI="([^"/]+)"/, (_, name: string) => `URI="${addressed(name)}"`);
      return line.trim() === '' ? line : addressed(line.trim());
    })
    .join('\n');
}
