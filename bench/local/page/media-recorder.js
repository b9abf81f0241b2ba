// Runs in the page. MediaRecorder as a page author uses it, told when it began and when it was told to stop.
globalThis.recordWithMediaRecorder = (stream, mimeType = 'video/mp4;codecs=avc1.42E01F,opus') => {
  const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: 1_500_000, audioBitsPerSecond: 128_000 });
  const chunks = [];
  let startedAtMs;
  const started = new Promise((resolve) => {
    recorder.onstart = () => {
      startedAtMs = performance.now();
      resolve();
    };
  });
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  recorder.start(1000);
  return {
    started,
    stop: () =>
      new Promise((resolve) => {
        const stoppedAtMs = performance.now();
        recorder.onstop = () => {
          const file = new Blob(chunks, { type: recorder.mimeType });
          resolve({ file, startedAtMs, stoppedAtMs, readyMs: performance.now() - stoppedAtMs });
        };
        recorder.stop();
      }),
  };
};

globalThis.sendFilm = async (url, name, file) => {
  const answer = await fetch(`${url}/${encodeURIComponent(name)}`, { method: 'PUT', body: file });
  if (!answer.ok) throw new Error(`${name} was not taken: ${answer.status}`);
};
