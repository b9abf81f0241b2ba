// Asks the engine and the browser what they can do.

import type { Engine } from '@roomtape/sdk';
import type { Abilities } from './abilities.ts';

/** Answers all questions; never rejects: what cannot be found out is told as missing. */
export async function askAbilities(engine: Engine): Promise<Abilities> {
  const ask = (feature: Parameters<Engine['isFeatureSupported']>[0]): Promise<boolean> =>
    engine.isFeatureSupported(feature).catch(() => false);
  const [recording, h264, h265, aac, storage, filePicker, rawAudio] = await Promise.all([
    ask('local-recording'),
    ask('h264'),
    ask('h265'),
    ask('aac'),
    ask('storage'),
    ask('file-picker'),
    ask('raw-audio'),
  ]);
  return { recording, h264, h265, aac, storage, filePicker, rawAudio };
}
