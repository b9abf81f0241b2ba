// Runs in the page. Our recorder through the public engine, and what goes with it: preview, load, files.
globalThis.engineRecorder = (() => {
  let engine;
  const started = new Map();
  const states = [];

  /** One engine a page, told of no server that exists: local recording needs none. */
  function open() {
    if (engine !== undefined) return engine;
    engine = roomtape.createEngine({ server: 'http://127.0.0.1:9' });
    engine.setDataRecordEventHandler({
      onCapturedDataRecordStateUpdate: ({ state, error }, channel) => {
        states.push({ channel, state, code: error?.code, atMs: performance.now() });
        if (state === 'recording' && !started.has(channel)) started.set(channel, performance.now());
      },
    });
    return engine;
  }

  async function preview(stream, channel = 'main') {
    const video = document.createElement('video');
    [video.muted, video.width, video.height] = [true, 640, 360];
    document.body.append(video);
    await open().startPreview({ video, channel, source: { kind: 'custom', mediaStream: stream } });
  }

  /** Starts; `stop` gives the file and the moments the page saw. */
  async function record(config, channel = 'main') {
    const startedBefore = performance.now();
    await open().startRecordingCapturedData(config, channel);
    const startedAtMs = started.get(channel) ?? performance.now();
    return {
      startedAtMs,
      startTookMs: performance.now() - startedBefore,
      stop: async () => {
        const stoppedAtMs = performance.now();
        const file = await engine.stopRecordingCapturedData(channel);
        started.delete(channel);
        return { file, startedAtMs, stoppedAtMs, readyMs: performance.now() - stoppedAtMs };
      },
    };
  }

  /** Keeps one core busy until the returned function is called. */
  function keepBusy() {
    const text =
      'let x = 0; const spin = () => { const t = performance.now(); while (performance.now() - t < 50) x++;' +
      ' setTimeout(spin, 0); }; spin();';
    const worker = new Worker(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
    return () => worker.terminate();
  }

  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  return { open, preview, record, keepBusy, pause, states };
})();
