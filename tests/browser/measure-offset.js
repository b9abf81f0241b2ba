// Runs in the page. Compares, for each second, when the flash and the beep of the page's own stream leave it: what
// WebRTC would be given. Answers with beep minus flash in milliseconds, one per second.
async (seconds) => {
  const stream = document.querySelector('video').srcObject;
  const flashes = [];
  const beeps = [];
  const untilMs = performance.now() + seconds * 1000;

  async function watchPicture() {
    const reader = new MediaStreamTrackProcessor({ track: stream.getVideoTracks()[0] }).readable.getReader();
    const eye = new OffscreenCanvas(8, 8).getContext('2d', { willReadFrequently: true });
    let wasWhite = true;
    while (performance.now() < untilMs) {
      const { value: frame } = await reader.read();
      const arrivedMs = performance.now();
      eye.drawImage(frame, 0, 0, 8, 8);
      frame.close();
      const corner = eye.getImageData(0, 7, 8, 1).data;
      const isWhite = corner.every((channel) => channel > 200);
      if (isWhite && !wasWhite) flashes.push(arrivedMs);
      wasWhite = isWhite;
    }
    await reader.cancel();
  }

  async function watchSound() {
    const reader = new MediaStreamTrackProcessor({ track: stream.getAudioTracks()[0] }).readable.getReader();
    let quietSamples = 0;
    while (performance.now() < untilMs) {
      const { value: data } = await reader.read();
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      for (let i = 0; i < samples.length; i++) {
        const isLoud = Math.abs(samples[i]) > 0.02;
        if (isLoud && quietSamples > data.sampleRate / 10) {
          beeps.push(data.timestamp / 1000 + (i * 1000) / data.sampleRate);
        }
        quietSamples = isLoud ? 0 : quietSamples + 1;
      }
      data.close();
    }
    await reader.cancel();
  }

  await Promise.all([watchPicture(), watchSound()]);
  return flashes.flatMap((flash) => {
    const beep = beeps.find((candidate) => Math.abs(candidate - flash) < 400);
    return beep === undefined ? [] : [beep - flash];
  });
};
