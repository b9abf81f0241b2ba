// The measuring signal: on every whole second the picture flashes white for 100 ms and a tone sounds for 100 ms,
// with the frame counter as a strip. Both follow one clock, that of the audio context.
//
// Its own offset, where WebRTC takes picture and sound (beep after flash, `npx vitest run tests/browser/flash-beep`,
// Chromium 156, two cores): median within 3 ms of 0, single seconds within 7 ms.

import { ContextClock } from './context-clock.ts';
import { drawStrip } from './counter-strip.ts';
import { type MadeSource, openStudio } from './made-source.ts';
import { startTicker } from './ticker.ts';

/** Whose signal it is: the tone is 1000 Hz and 200 Hz more per index. */
export type FlashBeepOptions = { readonly name: string; readonly participantIndex: number };

const [WIDTH, HEIGHT, FRAMES_PER_SECOND] = [640, 360, 30];
const FLASH_SECONDS = 0.1;
const AMPLITUDE = 0.4;
/** Finer than a frame, so that a frame is drawn close to its due time. */
const TICK_MS = 4;
/** Later than two pictures, nobody gets to see it. */
const LATE_MAX_SECONDS = 0.066;

/** Starts the signal. */
export function startFlashBeep(options: FlashBeepOptions): MadeSource {
  const studio = openStudio(WIDTH, HEIGHT);
  const startedAt = startBeeps(studio.audio, studio.output, options.participantIndex);
  const clock = new ContextClock(studio.audio);
  let next = 0;
  const stop = startTicker(TICK_MS, () => {
    // Half a tick early or late on average, not a whole one late.
    const seconds = clock.read() - startedAt + TICK_MS / 2000;
    const due = Math.floor(seconds * FRAMES_PER_SECOND);
    if (due < next) return;
    next = due + 1;
    draw(studio.context, due, options);
    // A page that was held up leaves pictures out, and so does one whose sound was. Handed over late, or with a time too
    // early, they would make libwebrtc place all that follow too early, for good (its TimestampAligner takes back what
    // lies in the future, and never forgets by how much).
    const takenAt = clock.pageSecondsAt(startedAt + due / FRAMES_PER_SECOND);
    if (!clock.isLost && performance.now() / 1000 - takenAt < LATE_MAX_SECONDS) studio.present(takenAt);
  });
  return studio.finish(stop, () => undefined);
}

/** Loops one second of sound; returns the context time at which the first second began. */
function startBeeps(audio: AudioContext, output: AudioNode, participantIndex: number): number {
  const rate = audio.sampleRate;
  const buffer = audio.createBuffer(1, rate, rate);
  const samples = buffer.getChannelData(0);
  const hertz = 1000 + 200 * participantIndex;
  for (let i = 0; i < rate * FLASH_SECONDS; i++) samples[i] = AMPLITUDE * Math.sin((2 * Math.PI * hertz * i) / rate);
  const beeps = new AudioBufferSourceNode(audio, { buffer, loop: true });
  beeps.connect(output);
  const startAt = audio.currentTime + 0.1;
  beeps.start(startAt);
  return startAt;
}

function draw(context: CanvasRenderingContext2D, counter: number, options: FlashBeepOptions): void {
  const { width, height } = context.canvas;
  const isFlash = counter % FRAMES_PER_SECOND < FRAMES_PER_SECOND * FLASH_SECONDS;
  context.fillStyle = isFlash ? '#fff' : '#27435c';
  context.fillRect(0, 0, width, height);
  if (!isFlash) {
    context.fillStyle = '#8aa';
    context.fillRect(((counter % 120) / 120) * (width - 20), 0, 20, height);
  }
  context.fillStyle = isFlash ? '#222' : '#ddd';
  context.font = '600 26px sans-serif';
  context.fillText(`${options.name}  ${String(counter).padStart(6, '0')}`, width / 20, height / 7);
  const surface = {
    ...{ width, height },
    fill: (color: string, area: { x: number; y: number; width: number; height: number }) => {
      context.fillStyle = color;
      context.fillRect(area.x, area.y, area.width, area.height);
    },
  };
  drawStrip(surface, { counter, participantIndex: options.participantIndex });
}
