// The worker of one recording of raw sound: answers its page's requests in order. Ends when the page ends it.

import { openRecordingStore } from '../storage/recording-store.ts';
import type { PcmReport, PcmRequest } from './pcm-messages.ts';
import { PcmSession } from './pcm-session.ts';

type WorkerPort = {
  postMessage(report: PcmReport): void;
  onmessage: ((event: MessageEvent<PcmRequest>) => void) | null;
};

const port = globalThis as unknown as WorkerPort;
const session = new PcmSession(openRecordingStore, (report) => port.postMessage(report));
let last: Promise<void> = Promise.resolve();

port.onmessage = ({ data }) => {
  last = last.then(() => session.answer(data));
};
