// Runs in the page, before its own scripts. Sources whose picture and sound have known times, each by another clock:
//
//   canvas     what a page author has: a canvas drawn by the main thread, `captureStream`, and beeps that WebAudio was
//              told to start at given context times. True times: performance.now() around the drawing, and the context
//              time of each beep through a mapping that is sampled by reading the clock, not taken from the media.
//   generator  what a perfect device gives: a worker writes VideoFrames and AudioData with timestamps of our choosing
//              on one timeline and hands each over when it is due (a picture when it is exposed, a block of sound when
//              its last sample has been). True by construction; nothing of the audio hardware is in it.
//
// Each gives a MediaStream and `truth()`: when every counter was shown and every beep began, ms of performance.now().
globalThis.knownSource = (() => {
  function stripWord(counter, participantIndex) {
    const facts = (counter % 1048576) | (participantIndex << 20);
    let crc = 0xff;
    for (const shift of [16, 8, 0]) {
      crc ^= (facts >>> shift) & 255;
      for (let i = 0; i < 8; i++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 255 : (crc << 1) & 255;
    }
    return (facts | (crc << 24)) >>> 0;
  }

  /** Noise, so that the encoder has something to do; white when it flashes; the strip that the analyser reads. */
  function createPainter(pen, { width, height, fps, participantIndex, hasFlash }) {
    const noise = new OffscreenCanvas(512, 256);
    const grain = noise.getContext('2d').createImageData(512, 256);
    let seed = 12345;
    for (let i = 0; i < grain.data.length; i += 4) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const shade = 40 + ((seed >>> 16) & 63);
      grain.data.set([shade, shade + 12, shade + 25, 255], i);
    }
    noise.getContext('2d').putImageData(grain, 0, 0);
    return (counter) => {
      const isFlash = hasFlash && counter % fps < fps / 10;
      pen.fillStyle = isFlash ? '#fff' : '#27435c';
      pen.fillRect(0, 0, width, height);
      if (!isFlash) {
        const shift = (counter * 3) % 128;
        pen.drawImage(noise, shift, shift, 256, 96, 0, height * 0.62, width, height * 0.38);
        pen.fillStyle = '#8aa';
        pen.fillRect(((counter % 120) / 120) * (width - 20), 0, 20, height * 0.4);
      }
      const left = Math.round(width / 10);
      const top = Math.round((height * 5) / 12);
      const stripWidth = Math.round((width * 9) / 10) - left;
      const stripHeight = Math.round((height * 7) / 12) - top;
      const word = stripWord(counter, participantIndex);
      for (let bit = 0; bit < 32; bit++) {
        const [column, row] = [bit % 16, bit >> 4];
        const x = left + Math.floor((column * stripWidth) / 16);
        const y = top + Math.floor((row * stripHeight) / 2);
        const right = left + Math.floor(((column + 1) * stripWidth) / 16);
        const bottom = top + Math.floor(((row + 1) * stripHeight) / 2);
        pen.fillStyle = (word >>> bit) & 1 ? '#fff' : '#000';
        pen.fillRect(x, y, right - x, bottom - y);
      }
    };
  }

  /** The worker behind `generator`: timers of a page stop when its main thread is busy. */
  function generate(createPainter, settings) {
    const { fps, hz, pageOrigin, video, audio, sampleRate } = settings;
    let [canvas, paint] = [];
    const resize = (size) => {
      canvas = new OffscreenCanvas(size.width, size.height);
      paint = createPainter(canvas.getContext('2d', { alpha: false }), { ...settings, ...size });
    };
    resize(settings);
    const [pictures, sound] = [video.getWriter(), audio?.getWriter()];
    const originMs = performance.timeOrigin - pageOrigin;
    const nowMs = () => performance.now() + originMs;
    const startMs = Math.ceil(nowMs() + 100);
    const blockSamples = sampleRate / 100;
    const frames = [];
    let [blocks, next, lateMs, skipped] = [0, 0, 0, 0];
    const writeSound = () => {
      const block = blocks++;
      const samples = new Float32Array(blockSamples);
      for (let i = 0; i < blockSamples; i++) {
        const at = (block * blockSamples + i) % sampleRate;
        if (at < sampleRate / 10) samples[i] = 0.4 * Math.sin((2 * Math.PI * hz * at) / sampleRate);
      }
      // Chromium takes the time of a block as of this worker's clock and tells it to others in theirs; the time of a
      // picture goes through as it is.
      const timestamp = Math.round((startMs - originMs + block * 10) * 1000);
      const facts = { format: 'f32-planar', sampleRate, numberOfFrames: blockSamples, numberOfChannels: 1 };
      void sound?.write(new AudioData({ ...facts, timestamp, data: samples })).catch(() => undefined);
    };
    const writePicture = (due) => {
      const shownMs = startMs + (due * 1000) / fps;
      paint(due);
      const frame = new VideoFrame(canvas, { timestamp: Math.round(shownMs * 1000), duration: Math.round(1e6 / fps) });
      frames.push([due, shownMs]);
      void pictures.write(frame).catch(() => undefined);
    };
    const timer = setInterval(() => {
      const elapsedMs = nowMs() - startMs;
      while (elapsedMs >= (blocks + 1) * 10) writeSound();
      const due = Math.floor((elapsedMs * fps) / 1000);
      if (due < next) return;
      skipped += due - next;
      lateMs = Math.max(lateMs, elapsedMs - (due * 1000) / fps);
      next = due + 1;
      writePicture(due);
    }, 1);
    self.onmessage = ({ data }) => {
      if (data === 'stop') clearInterval(timer);
      if (data.width > 0) resize(data);
      if (data === 'unplug') {
        clearInterval(timer);
        for (const writer of [pictures, sound]) void writer?.close().catch(() => undefined);
      }
      const beeps = Array.from({ length: Math.ceil(blocks / 100) }, (_, second) => startMs + second * 1000);
      postMessage({ frames, beeps, lateMs, skipped });
    };
  }

  const defaults = { width: 1280, height: 720, fps: 30, participantIndex: 0, hasFlash: true, sampleRate: 48000 };

  async function openGenerator(options = {}) {
    const settings = { ...defaults, ...options };
    const video = new MediaStreamTrackGenerator({ kind: 'video' });
    const audio = settings.isSilent ? undefined : new MediaStreamTrackGenerator({ kind: 'audio' });
    const text = `const stripWord = ${stripWord}; const createPainter = ${createPainter};
      onmessage = ({ data }) => (${generate})(createPainter, data);`;
    const worker = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
    const parts = {
      video: video.writable,
      audio: audio?.writable,
      pageOrigin: performance.timeOrigin,
      hz: 1000 + 200 * settings.participantIndex,
    };
    worker.postMessage({ ...settings, ...parts }, [video.writable, ...(audio ? [audio.writable] : [])]);
    const ask = (word) =>
      new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage(word);
      });
    return {
      stream: new MediaStream([video, ...(audio ? [audio] : [])]),
      truth: () => ask('tell'),
      /** Pictures of another size or orientation from now on, as when a phone is turned. */
      resize: (width, height) => ask({ width, height }),
      /** Ends both tracks, as a device does that is pulled out. */
      unplug: () => ask('unplug'),
      close: async () => {
        await ask('stop');
        worker.terminate();
        video.stop();
        audio?.stop();
      },
    };
  }

  /** A timer that keeps its beat in a hidden page. */
  function startTicker(periodMs, onTick) {
    const text = `setInterval(() => postMessage(0), ${periodMs})`;
    const worker = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
    worker.onmessage = onTick;
    return () => worker.terminate();
  }

  /**
   * Pairs of both clocks. `currentTime` moves on by a whole render buffer at a time, so that the mean over many
   * readings lies half a buffer from either edge; `buffer` says how large that doubt is.
   */
  function createClockLog(audio) {
    const pairs = [];
    let bucket;
    return {
      read: () => {
        const [atMs, heard] = [performance.now(), audio.currentTime];
        const difference = atMs - heard * 1000;
        bucket ??= { atMs, sum: 0, count: 0, min: difference, max: difference };
        bucket.sum += difference;
        bucket.count++;
        bucket.min = Math.min(bucket.min, difference);
        bucket.max = Math.max(bucket.max, difference);
        if (atMs - bucket.atMs < 250) return;
        const output = audio.getOutputTimestamp();
        const { sum, count, min, max } = bucket;
        pairs.push({
          contextMs: heard * 1000,
          meanMs: sum / count,
          minMs: min,
          maxMs: max,
          outputMs: output.performanceTime - output.contextTime * 1000,
        });
        bucket = undefined;
      },
      pairs,
    };
  }

  /** Beeps through the mapping near them, so that drift of the audio clock is in the truth. */
  function beepTimes(startS, pairs, key) {
    const times = [];
    const lastMs = pairs.at(-1)?.contextMs ?? 0;
    let low = 0;
    for (let second = 0; (startS + second) * 1000 < lastMs; second++) {
      const contextMs = (startS + second) * 1000;
      while (low < pairs.length && pairs[low].contextMs < contextMs - 2000) low++;
      let [sum, count] = [0, 0];
      for (let i = low; i < pairs.length && pairs[i].contextMs <= contextMs + 2000; i++) {
        sum += pairs[i][key];
        count++;
      }
      if (count > 0) times.push(contextMs + sum / count);
    }
    return times;
  }

  async function openCanvas(options = {}) {
    const settings = { ...defaults, ...options };
    const audio = new AudioContext({ sampleRate: settings.sampleRate, latencyHint: 'interactive' });
    await audio.resume();
    const output = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
    const beep = audio.createBuffer(1, settings.sampleRate, settings.sampleRate);
    const samples = beep.getChannelData(0);
    const hz = 1000 + 200 * settings.participantIndex;
    for (let i = 0; i < samples.length / 10; i++)
      samples[i] = 0.4 * Math.sin((2 * Math.PI * hz * i) / settings.sampleRate);
    const startS = audio.currentTime + 0.2;
    const beeps = new AudioBufferSourceNode(audio, { buffer: beep, loop: true });
    beeps.connect(output);
    beeps.start(startS);

    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [settings.width, settings.height];
    const paint = createPainter(canvas.getContext('2d', { alpha: false }), settings);
    const stream = canvas.captureStream(0);
    const [track] = stream.getVideoTracks();
    const clocks = createClockLog(audio);
    const frames = [];
    let [next, skipped] = [0, 0];
    const stopTicker = startTicker(1, () => {
      clocks.read();
      const due = Math.floor((audio.currentTime - startS) * settings.fps);
      if (due < next) return;
      skipped += due - next;
      next = due + 1;
      const beforeMs = performance.now();
      paint(due);
      track.requestFrame();
      frames.push([due, (beforeMs + performance.now()) / 2]);
    });
    const mean = (key) => clocks.pairs.reduce((sum, pair) => sum + pair[key], 0) / clocks.pairs.length;
    return {
      stream: new MediaStream([track, ...output.stream.getAudioTracks()]),
      audio,
      truth: async () => ({
        frames,
        beeps: beepTimes(startS, clocks.pairs, 'meanMs'),
        skipped,
        /** How much later the same beep leaves the loudspeaker, and how coarsely the context's clock moves. */
        heardAfterMs: mean('outputMs') - mean('meanMs'),
        clockStepMs: mean('maxMs') - mean('minMs'),
      }),
      close: async () => {
        stopTicker();
        for (const each of [track, ...output.stream.getTracks()]) each.stop();
        await audio.close();
      },
    };
  }

  return { openCanvas, openGenerator };
})();
