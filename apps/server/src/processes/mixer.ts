// A mixer process: rooms mixed into films, obeying `control` over IPC. It accepts no connections; what it loses when
// it dies is made again from the tapes.

import { createSystemClock, RoomtapeError } from '@roomtape/media';
import { AssetLoader, createMixRunner, type MixFacts, type MixJob, type MixRunner } from '@roomtape/mixer';
import { createPinoLog } from '../log.ts';
import { readPicture } from '../uploads/stored-picture.ts';
import { runChild } from './child-main.ts';
import type { IpcPeer } from './ipc.ts';
import type { MixerSettings } from './settings.ts';

let running: MixRunner | undefined;

runChild({
  open,
  methods: {
    start: (job: MixJob, facts: MixFacts) => runner().start(job, facts),
    setFacts: (jobId: string, facts: MixFacts) => runner().setFacts(jobId, facts),
    describe: () => JSON.parse(JSON.stringify(running?.describe() ?? {})) as unknown,
  },
  close: async () => {
    const closing = running;
    running = undefined;
    await closing?.close();
  },
});

async function open(settings: MixerSettings, peer: IpcPeer): Promise<void> {
  const clock = createSystemClock({ keepAlive: true });
  running = createMixRunner({
    clock,
    log: createPinoLog({ level: settings.logLevel, process: settings.name }),
    pictures: new AssetLoader({
      clock,
      allowPrivate: settings.allowPrivateAddresses,
      readStored: (fileId) => readPicture(settings.dataDirectory, fileId),
    }),
    onEvent: (event) => peer.emit(event),
  });
}

function runner(): MixRunner {
  if (running !== undefined) return running;
  throw new RoomtapeError('WORKER_UNAVAILABLE', 'the mixer is closing', { blame: 'system', retryable: true });
}
