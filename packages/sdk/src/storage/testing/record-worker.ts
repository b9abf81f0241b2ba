// A recorder without encoders: writes the packets it is given into the storage, as the real one does.

import type { ContainerName, ContainerWriter, EncodedPacket } from '../../containers/container-writer.ts';
import { openContainerWriter } from '../../containers/open-container-writer.ts';
import { openRecordingStore } from '../recording-store.ts';
import type { RecordOrder, RecordOutcome, SentPacket } from './page-entry.ts';

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<RecordOrder>) => void) | null;
  postMessage(outcome: RecordOutcome): void;
};

scope.onmessage = ({ data }) => {
  run(data).then(
    (outcome) => scope.postMessage(outcome),
    (error: unknown) => scope.postMessage({ error: codeOf(error), writtenUs: 0 }),
  );
};

async function run({ recording: asked, packets, endUs, untilFull }: RecordOrder): Promise<RecordOutcome> {
  const recording = await (await openRecordingStore()).create(asked);
  const { id, filePath, file } = recording;
  const writer = await openContainerWriter(asked.container as ContainerName, { ...asked, file });
  let writtenUs = 0;
  let error: string | undefined;
  try {
    for (let round = 0; round === 0 || untilFull; round += 1) {
      for (const sent of packets) {
        await write(writer, sent, round * 4_000_000);
        writtenUs = round * 4_000_000 + sent.ptsUs;
      }
    }
  } catch (thrown) {
    error = codeOf(thrown);
  }
  const facts = { id, filePath, writtenUs, ...(error === undefined ? {} : { error }) };
  if (endUs === undefined && !untilFull) return facts;
  const durationUs = endUs ?? writtenUs;
  await writer.finish(durationUs);
  return { ...facts, file: await recording.finish(durationUs) };
}

function write(writer: ContainerWriter, sent: SentPacket, laterUs: number): Promise<void> {
  const packet: EncodedPacket = {
    bytes: fromBase64(sent.bytes),
    ptsUs: sent.ptsUs + laterUs,
    durationUs: sent.durationUs,
    isKeyframe: sent.isKeyframe,
    ...(sent.config === undefined ? {} : { decoderConfig: fromBase64(sent.config) }),
  };
  return sent.track === 'video' ? writer.writeVideo(packet) : writer.writeAudio(packet);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String(error);
}
