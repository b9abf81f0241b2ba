// A sound file that tests make, in pages and outside of them: of a known pitch and level.

/** A WAV file of one tone, mono, 16 bit, 48 kHz. */
export function toneWav(hz: number, amplitude: number, seconds: number): Blob {
  const count = Math.round(seconds * 48_000);
  const view = new DataView(new ArrayBuffer(44 + count * 2));
  const words: readonly [number, string][] = [
    [0, 'RIFF'],
    [8, 'WAVEfmt '],
    [36, 'data'],
  ];
  for (const [at, word] of words) {
    for (let n = 0; n < word.length; n++) view.setUint8(at + n, word.charCodeAt(n));
  }
  view.setUint32(4, 36 + count * 2, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 48_000, true);
  view.setUint32(28, 96_000, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  view.setUint32(40, count * 2, true);
  for (let n = 0; n < count; n++) {
    view.setInt16(44 + n * 2, Math.round(amplitude * 32_768 * Math.sin((2 * Math.PI * hz * n) / 48_000)), true);
  }
  return new Blob([view], { type: 'audio/wav' });
}
