// What a recorder made of a browser does: plays all streams, draws them on a canvas at the film's rate, sums their
// sound with WebAudio and gives both to MediaRecorder. Nothing is shown: a recording bot needs no window.

globalThis.composition = {
  async open({ clips, columns, width, height, fps, bitsPerSecond, audioBitsPerSecond, mimeType }) {
    const audio = new AudioContext({ sampleRate: 48_000 });
    const sum = audio.createMediaStreamDestination();
    const videos = clips.map((source) => {
      const video = document.createElement('video');
      video.src = source;
      audio.createMediaElementSource(video).connect(sum);
      return video;
    });
    await Promise.all(
      videos.map((video) => new Promise((resolve) => video.addEventListener('canplay', resolve, { once: true }))),
    );
    await Promise.all([audio.resume(), ...videos.map((video) => video.play())]);
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d', { alpha: false });
    const rows = Math.ceil(videos.length / columns);
    const [cellWidth, cellHeight] = [width / columns, height / rows];
    let drawn = 0;
    const begunAt = performance.now();
    const draw = (now) => {
      requestAnimationFrame(draw);
      if (((now - begunAt) * fps) / 1000 < drawn) return;
      drawn = Math.max(drawn + 1, Math.floor(((now - begunAt) * fps) / 1000));
      for (const [index, video] of videos.entries())
        context.drawImage(
          video,
          (index % columns) * cellWidth,
          Math.floor(index / columns) * cellHeight,
          cellWidth,
          cellHeight,
        );
    };
    requestAnimationFrame(draw);
    const stream = new MediaStream([...canvas.captureStream(fps).getVideoTracks(), ...sum.stream.getAudioTracks()]);
    const recorder = new MediaRecorder(stream, { mimeType, videoBitsPerSecond: bitsPerSecond, audioBitsPerSecond });
    const chunks = [];
    recorder.ondataavailable = ({ data }) => chunks.push(data);
    recorder.start(1000);
    Object.assign(this, { recorder, chunks, videos });
  },

  /** Ends the film and sends it; how many pictures of the clips were decoded and dropped. */
  async finish(url) {
    const { recorder, chunks, videos } = this;
    const stopped = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.stop();
    await stopped;
    await fetch(url, { method: 'PUT', body: new Blob(chunks) });
    const quality = videos.map((video) => video.getVideoPlaybackQuality());
    return {
      shown: quality.reduce((count, { totalVideoFrames }) => count + totalVideoFrames, 0),
      dropped: quality.reduce((count, { droppedVideoFrames }) => count + droppedVideoFrames, 0),
    };
  },
};
