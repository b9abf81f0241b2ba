import { expect, it } from 'vitest';
import { addressedPlaylist } from './playlist.ts';

const ON_DISK = `#EXTM3U
#EXT-X-MAP:URI="cam.1.init.mp4"
#EXTINF:2.000000,
cam.1.00000.m4s
#EXT-X-ENDLIST
`;

it('names segments as parts of their file, with the token of the request', () => {
  expect(addressedPlaylist(ON_DISK, 'file_1-1', 'a.b&c')).toBe(`#EXTM3U
#EXT-X-MAP:URI="file_1-1/cam.1.init.mp4?token=a.b%26c"
#EXTINF:2.000000,
file_1-1/cam.1.00000.m4s?token=a.b%26c
#EXT-X-ENDLIST
`);
});

it('needs no token where the request brought another credential', () => {
  expect(addressedPlaylist('seg.m4s', 'file_1-1', undefined)).toBe('file_1-1/seg.m4s');
});
