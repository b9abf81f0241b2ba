// The flash-and-beep participant as a script for a web page: what real browsers publish can then be judged
// like what our own client does. Timed by the page's audio clock; exact to a few milliseconds, not to a sample.

import { BEAT_US, BEEP_AMPLITUDE, beepHzOf, FLASH_US, SAMPLE_RATE } from './flash-beep.ts';

/** Who is to be seen and heard. */
export type BrowserSourceOptions = {
  readonly name: string;
  readonly participantIndex: number;
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
};

/**
 * Returns a JavaScript expression that evaluates, in a page, to a promise of a `MediaStream` with one audio
 * and one video track. The page must be allowed to start sound without a click
 * (`--autoplay-policy=no-user-gesture-required`).
 */
export function browserSourceScript(options: BrowserSourceOptions): string {
  const { name, participantIndex, width = 1280, height = 720, fps = 30 } = options;
  const settings = {
    name,
    participantIndex,
    width,
    height,
    fps,
    hz: beepHzOf(participantIndex),
    amplitude: BEEP_AMPLITUDE,
    sampleRate: SAMPLE_RATE,
    flashS: FLASH_US / BEAT_US,
  };
  return `(${PAGE_FUNCTION})(${JSON.stringify(settings)})`;
}

/** Runs in the page. The strip is that of `counter-strip.ts`; a test reads it back through a real browser. */
const PAGE_FUNCTION = `async (s) => {
  const context = new AudioContext({ sampleRate: s.sampleRate, latencyHint: 'interactive' });
  await context.resume();
  const sound = context.createMediaStreamDestination();
  const beep = context.createBuffer(1, s.flashS * s.sampleRate, s.sampleRate);
  const samples = beep.getChannelData(0);
  for (let i = 0; i < samples.length; i++) samples[i] = s.amplitude * Math.sin((2 * Math.PI * s.hz * i) / s.sampleRate);

  const canvas = document.createElement('canvas');
  canvas.width = s.width;
  canvas.height = s.height;
  const pen = canvas.getContext('2d', { alpha: false });
  const stream = canvas.captureStream(0);
  const picture = stream.getVideoTracks()[0];
  stream.addTrack(sound.stream.getAudioTracks()[0]);

  const checkOf = (facts) => {
    let crc = 0xff;
    for (const shift of [16, 8, 0]) {
      crc ^= (facts >>> shift) & 255;
      for (let i = 0; i < 8; i++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 255 : (crc << 1) & 255;
    }
    return crc;
  };
  const drawStrip = (counter) => {
    const left = Math.round(s.width / 10), top = Math.round((s.height * 5) / 12);
    const width = Math.round((s.width * 9) / 10) - left, height = Math.round((s.height * 7) / 12) - top;
    const facts = (counter % 1048576) | (s.participantIndex << 20);
    const word = (facts | (checkOf(facts) << 24)) >>> 0;
    for (let bit = 0; bit < 32; bit++) {
      const column = bit % 16, row = bit >> 4;
      const x = left + Math.floor((column * width) / 16), y = top + Math.floor((row * height) / 2);
      const right = left + Math.floor(((column + 1) * width) / 16), bottom = top + Math.floor(((row + 1) * height) / 2);
      pen.fillStyle = (word >>> bit) & 1 ? '#fff' : '#000';
      pen.fillRect(x, y, right - x, bottom - y);
    }
  };
  const draw = (frame) => {
    const t = frame / s.fps;
    const isFlash = t % 1 < s.flashS - 1e-6;
    pen.fillStyle = isFlash ? '#fff' : 'hsl(' + ((s.participantIndex * 67) % 360) + ' 45% 30%)';
    pen.fillRect(0, 0, s.width, s.height);
    if (!isFlash) {
      pen.fillStyle = '#999';
      pen.fillRect(((t % 4) / 4) * s.width * 0.97, 0, s.width * 0.03, s.height);
    }
    pen.fillStyle = isFlash ? '#111' : '#ddd';
    pen.font = Math.round(s.height / 10) + 'px monospace';
    pen.fillText(s.name, s.width / 20, s.height / 7);
    pen.fillText(String(frame).padStart(6, '0'), s.width / 20, s.height / 3.6);
    drawStrip(frame);
    picture.requestFrame();
  };

  const origin = Math.ceil(context.currentTime + 0.2);
  let frame = -1, beat = 0;
  const step = () => {
    const t = context.currentTime - origin;
    while (beat - t < 0.5) {
      const source = context.createBufferSource();
      source.buffer = beep;
      source.connect(sound);
      source.start(origin + beat);
      beat += 1;
    }
    const due = Math.floor(t * s.fps + 1e-6);
    if (due > frame && due >= 0) {
      frame = due;
      draw(frame);
    }
  };
  window.setInterval(step, 3);
  return stream;
}`;
