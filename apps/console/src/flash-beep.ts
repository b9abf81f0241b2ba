// The measuring signal: on every whole second the picture flashes white for 100 ms and a tone sounds for 100 ms,
// with the frame counter as a strip. Both follow one clock, that of the audio context.
//
// Its own offset, measured with `npx vitest run tests/browser/flash-beep.test.ts`: see that test. A frame can only
// appear on a tick after its due time, so flashes are late by up to TICK_MS and the page's own delay.

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
/** Sound is taken from the context in whole render buffers: what is heard leaves it this much after its time. */
const AUDIO_OUTPUT_DELAY_SECONDS = 0;

/** Starts the signal. */
export function startFlashBeep(options: FlashBeepOptions): MadeSource {
  const studio = openStudio(WIDTH, HEIGHT);
  const startedAt = startBeeps(studio.audio, studio.output, options.participantIndex) + AUDIO_OUTPUT_DELAY_SECONDS;
  let next = 0;
  const stop = startTicker(TICK_MS, () => {
    const seconds = studio.audio.currentTime - startedAt;
    const due = Math.floor(seconds * FRAMES_PER_SECOND);
    if (due < next) return;
    next = due + 1;
    draw(studio.context, due, options);
    studio.present();
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
  drawStrip(context, { counter, participantIndex: options.participantIndex });
}
