// Where a finished recording goes besides being returned: nowhere, a download, a picked file, the server.

import type { RecordTarget } from '../recording/record-config.ts';
import type { UploadOptions } from './upload.ts';

/** What handing over may need. */
export type DeliveryOptions = {
  readonly target: RecordTarget;
  /** Needed by `upload`: where and as whom. */
  readonly upload?: UploadOptions;
};

/** Hands a finished recording over; the caller's storage keeps it. Rejects with `RECORD_TARGET_FAILED`. Pages only. */
export type DeliverRecording = (file: File, options: DeliveryOptions) => Promise<void>;
