// Where a finished recording goes besides being returned: nowhere, a download, a picked file, the server.

import { clientError, RoomtapeClientError } from '../errors.ts';
import type { RecordTarget } from '../recording/record-config.ts';
import { type UploadOptions, uploadRecording } from './upload.ts';

/** What handing over may need. */
export type DeliveryOptions = {
  readonly target: RecordTarget;
  /** Needed by `upload`: where and as whom. */
  readonly upload?: UploadOptions;
};

/** How long a download may take to begin before its address is given up. */
const DOWNLOAD_BEGINS_MS = 60_000;

/** Hands a finished recording over; the storage keeps it. Rejects with `RECORD_TARGET_FAILED`. Pages only. */
export async function deliverRecording(file: File, { target, upload }: DeliveryOptions): Promise<void> {
  try {
    if (target.kind === 'download') startDownload(file);
    else if (target.kind === 'file-handle') await file.stream().pipeTo(await target.handle.createWritable());
    else if (target.kind === 'upload') await uploadRecording(file, needed(upload));
  } catch (error) {
    const details = error instanceof RoomtapeClientError ? { code: error.code, ...error.details } : {};
    throw clientError('RECORD_TARGET_FAILED', { cause: error, details: { target: target.kind, ...details } });
  }
}

function startDownload(file: File): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), DOWNLOAD_BEGINS_MS);
}

function needed(upload: UploadOptions | undefined): UploadOptions {
  if (upload === undefined) throw clientError('NOT_LOGGED_IN');
  return upload;
}
