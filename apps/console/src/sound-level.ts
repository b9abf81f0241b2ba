// How loud a MediaStream is, several times a second, for the meter and the speaking ring.

const PERIOD_MS = 100;
/** Louder than a quiet room through an automatic gain. */
const SPEAKING_LEVEL = 0.012;
/** A pause between two words does not end speaking. */
const HOLD_MS = 400;

let shared: AudioContext | undefined;

/** Reports the level, 0 to 1 (root mean square), until the returned function is called. */
export function watchLevel(mediaStream: MediaStream, onLevel: (level: number) => void): () => void {
  if (mediaStream.getAudioTracks().length === 0) return () => undefined;
  shared ??= new AudioContext();
  const audio = shared;
  void audio.resume();
  const source = audio.createMediaStreamSource(mediaStream);
  const analyser = new AnalyserNode(audio, { fftSize: 1024 });
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    onLevel(Math.sqrt(sum / samples.length));
  }, PERIOD_MS);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}

/** Reports when somebody starts and stops speaking. */
export function watchSpeaking(mediaStream: MediaStream, onChange: (isSpeaking: boolean) => void): () => void {
  let speaking = false;
  let quietMs = 0;
  return watchLevel(mediaStream, (level) => {
    quietMs = level >= SPEAKING_LEVEL ? 0 : quietMs + PERIOD_MS;
    const now = quietMs < HOLD_MS && (speaking || level >= SPEAKING_LEVEL);
    if (now !== speaking) onChange(now);
    speaking = now;
  });
}
