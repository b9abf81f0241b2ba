// How loud a MediaStream is, several times a second, for the meter and the speaking ring.

const PERIOD_MS = 100;
/** Louder than a quiet room through an automatic gain. */
const SPEAKING_LEVEL = 0.012;
/** A pause between two words does not end speaking. */
const HOLD_MS = 400;

let shared: AudioContext | undefined;

/**
 * Reports the level, 0 to 1 (root mean square), until the returned function is called. Follows the stream when its
 * sound becomes another track, as it does when music is mixed in; a stream without sound is silent.
 */
export function watchLevel(mediaStream: MediaStream, onLevel: (level: number) => void): () => void {
  shared ??= new AudioContext();
  const audio = shared;
  void audio.resume();
  const analyser = new AnalyserNode(audio, { fftSize: 1024 });
  const samples = new Float32Array(analyser.fftSize);
  let heard: { readonly track: MediaStreamTrack; readonly node: AudioNode } | undefined;
  const follow = (): void => {
    const track = mediaStream.getAudioTracks()[0];
    if (track === heard?.track) return;
    heard?.node.disconnect();
    heard = track === undefined ? undefined : { track, node: audio.createMediaStreamSource(new MediaStream([track])) };
    heard?.node.connect(analyser);
  };
  const timer = setInterval(() => {
    follow();
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const sample of samples) sum += sample * sample;
    onLevel(Math.sqrt(sum / samples.length));
  }, PERIOD_MS);
  return () => {
    clearInterval(timer);
    heard?.node.disconnect();
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
