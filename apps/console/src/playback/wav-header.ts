// The header that makes samples a WAV file (RIFF WAVE, 16 bit PCM). Pure.

/** What a header says of 16 bit samples. */
export type WavFacts = { readonly sampleRate: number; readonly channels: number; readonly dataBytes: number };

/** The 44 bytes before the samples. */
export function wavHeader({ sampleRate, channels, dataBytes }: WavFacts): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(44);
  const view = new DataView(header.buffer);
  const word = (at: number, text: string): void => {
    for (let i = 0; i < 4; i++) header[at + i] = text.charCodeAt(i);
  };
  word(0, 'RIFF');
  view.setUint32(4, 36 + dataBytes, true);
  word(8, 'WAVE');
  word(12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  word(36, 'data');
  view.setUint32(40, dataBytes, true);
  return header;
}
