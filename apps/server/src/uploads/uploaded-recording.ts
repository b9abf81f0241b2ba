// An upload as a recording: the journal that an ordinary recording of the same file would have, and the file's name.

import { msToUs, type UnixUs, unixUs } from '@roomtape/media';
import type { ProjectedFile } from '@roomtape/recorder';
import type { JournalEvent } from '../recordings/journal-event.ts';
import type { MediaFacts, UploadContainer } from './media-facts.ts';
import type { UploadFacts } from './upload.ts';

/** The stream id under which an uploaded file is listed. */
export const UPLOAD_STREAM_ID = 'upload';

const NAME_BYTES_MAX = 200;

/** The events of the recording, from its beginning to its end. */
export function journalOfUpload(upload: UploadFacts, media: MediaFacts, at: UnixUs): readonly JournalEvent[] {
  const { jobId, recordingId, roomId, userId } = upload;
  const durationUs = media.durationUs ?? msToUs(upload.durationMs ?? 0);
  const { container, durationUs: _, ...codecs } = media;
  const fileName = fileNameFor(upload.name, container);
  const file: ProjectedFile = {
    path: `files/${fileName}`,
    container,
    state: 'finished',
    bytes: upload.bytes,
    durationUs,
    // The wall time of the first moment is not known; that it ended before it was sent is.
    startedAt: unixUs(Math.max(0, upload.createdAt - durationUs)),
    ...codecs,
    missingUs: {},
  };
  const kinds = media.videoCodec === undefined ? 'audio' : media.audioCodec === undefined ? 'video' : 'audio-video';
  const request = { roomId, mode: 'upload', media: kinds, format: container } as const;
  return [
    { kind: 'started', at: upload.createdAt, recordingId, request },
    { kind: 'stream-linked', at, jobId, tapeId: '', streamId: UPLOAD_STREAM_ID, userId, fileName },
    { kind: 'stopped', at },
    { kind: 'files-finished', at, jobId, files: [file] },
  ];
}

/** A name that every file system takes: the given one, shortened, with the suffix of what the file really is. */
export function fileNameFor(name: string, container: UploadContainer): string {
  const dot = name.lastIndexOf('.');
  const stem = (dot > 0 ? name.slice(0, dot) : name).replace(/^[.\s]+|[.\s]+$/g, '').toWellFormed();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out.
  const plain = stem.replace(/[\u0000-\u001f\u007f/\\]/g, '_');
  let short = plain === '' ? 'upload' : plain;
  while (new TextEncoder().encode(short).length > NAME_BYTES_MAX) short = Array.from(short).slice(0, -1).join('');
  return `${short}.${container}`;
}
