// Upload of a finished recording to `/v1/files`: in parts, resumable, with progress.

/** Where an upload goes. */
export type UploadOptions = {
  /** Base address of the server. */
  readonly server: string;
  readonly roomId: string;
  /** A token with the publish grant of the room; asked again for every request, so it may be renewed meanwhile. */
  readonly token: () => Promise<string>;
  readonly durationMs?: number;
  readonly onProgress?: (sentBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
};

/** What the server made of it. */
export type UploadedRecording = { readonly recordingId: string; readonly fileId: string };
