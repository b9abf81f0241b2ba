// Runs in the page. Watches the made-up camera and microphone as they come, beside the recorders, because their films
// begin when they like: the counter of every picture and the onset of every beep, by the times Chromium gives
// them. The camera's clock is another than the page's: the smallest distance ever seen joins them. Not independent of
// Chromium's own capture times; what it shows is what recorders add to them.
globalThis.openDeviceTap = async (constraints) => {
  const stream = await navigator.mediaDevices.getUserMedia(constraints);
  const frames = [];
  const beeps = [];
  let isOpen = true;
  const readers = stream
    .getTracks()
    .map((track) => [track.kind, new MediaStreamTrackProcessor({ track: track.clone() }).readable.getReader()]);

  function readCounter(luma, width, height, stride) {
    const [left, top] = [Math.round(width / 10), Math.round((height * 5) / 12)];
    const [w, h] = [Math.round((width * 9) / 10) - left, Math.round((height * 7) / 12) - top];
    let counter = 0;
    for (let bit = 0; bit < 20; bit++) {
      const x = left + Math.floor((((bit % 16) + 0.5) * w) / 16);
      const y = top + Math.floor((((bit >> 4) + 0.5) * h) / 2);
      if (luma[y * stride + x] > 125) counter |= 1 << bit;
    }
    return counter;
  }

  async function watchPicture(reader) {
    while (isOpen) {
      const { value: frame, done } = await reader.read();
      if (done) return;
      const arrivedMs = performance.now();
      const luma = new Uint8Array(frame.allocationSize());
      const [plane] = await frame.copyTo(luma);
      const counter = readCounter(luma.subarray(plane.offset), frame.codedWidth, frame.codedHeight, plane.stride);
      frames.push({ counter, stampMs: frame.timestamp / 1000, arrivedMs });
      frame.close();
    }
    await reader.cancel();
  }

  async function watchSound(reader) {
    let quiet = 0;
    while (isOpen) {
      const { value: data, done } = await reader.read();
      if (done) return;
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      for (let i = 0; i < samples.length; i++) {
        const isLoud = Math.abs(samples[i]) > 0.02;
        if (isLoud && quiet > data.sampleRate / 10) beeps.push(data.timestamp / 1000 + (i * 1000) / data.sampleRate);
        quiet = isLoud ? 0 : quiet + 1;
      }
      data.close();
    }
    await reader.cancel();
  }

  for (const [kind, reader] of readers) void (kind === 'video' ? watchPicture(reader) : watchSound(reader));
  return {
    stream,
    truth: async () => {
      const apartMs = Math.min(...frames.map(({ arrivedMs, stampMs }) => arrivedMs - stampMs));
      return { frames: frames.map(({ counter, stampMs }) => [counter, stampMs + apartMs]), beeps };
    },
    close: async () => {
      isOpen = false;
      for (const track of stream.getTracks()) track.stop();
    },
  };
};
