// A picture and a soft sound for visitors without camera and microphone: a slow landscape in colours of their name.

import { hueOf, initialsOf } from './format.ts';
import { type MadeSource, openStudio } from './made-source.ts';
import { startTicker } from './ticker.ts';

const [WIDTH, HEIGHT, FRAMES_PER_SECOND] = [1280, 720, 30];
/** Radius of the sun's glow, pixels. */
const GLOW = 360;
/** Sound comes in phrases, as speech does, so that the others see who is speaking. */
const PHRASE_SECONDS = 6;
const SPOKEN_SECONDS = 3.2;
const LOUDNESS = 0.05;

/** Starts the test picture of a person. */
export function startTestPicture(name: string): MadeSource {
  const studio = openStudio(WIDTH, HEIGHT);
  const voice = startVoice(studio.audio, studio.output, name);
  let paint = createPainter(name);
  let frame = 0;
  const stop = startTicker(1000 / FRAMES_PER_SECOND, () => {
    paint(studio.context, frame / FRAMES_PER_SECOND);
    studio.present(performance.now() / 1000);
    voice(studio.audio.currentTime);
    frame += 1;
  });
  return studio.finish(stop, (next) => {
    paint = createPainter(next);
  });
}

function startVoice(audio: AudioContext, output: AudioNode, name: string): (now: number) => void {
  const gain = new GainNode(audio, { gain: 0 });
  gain.connect(output);
  const base = 140 + (hueOf(name) % 5) * 28;
  for (const ratio of [1, 1.5, 2]) {
    const tone = new OscillatorNode(audio, { type: 'sine', frequency: base * ratio });
    tone.connect(gain);
    tone.start();
  }
  const shift = hueOf(name) / 60;
  return (now) => {
    const inPhrase = (now + shift) % PHRASE_SECONDS;
    const isSpoken = inPhrase < SPOKEN_SECONDS;
    const syllable = 0.55 + 0.45 * Math.sin(now * 11);
    gain.gain.setTargetAtTime(isSpoken ? LOUDNESS * syllable : 0, now, 0.04);
  };
}

function createPainter(name: string): (context: CanvasRenderingContext2D, seconds: number) => void {
  const hue = hueOf(name);
  // Painted once: gradients over the whole picture are what costs, 30 times a second and without a graphics card.
  const sky = prepaint(WIDTH, HEIGHT, (context) => paintSky(context, hue));
  const sun = prepaint(GLOW * 2, GLOW * 2, (context) => paintSun(context, hue));
  return (context, seconds) => {
    context.drawImage(sky, 0, 0);
    const x = WIDTH * (0.66 + 0.1 * Math.sin(seconds / 9));
    const y = HEIGHT * (0.34 + 0.05 * Math.cos(seconds / 7));
    context.drawImage(sun, Math.round(x) - GLOW, Math.round(y) - GLOW);
    for (const layer of [0, 1, 2, 3]) paintHills(context, { hue, layer, seconds });
    paintWords(context, name, seconds);
  };
}

function prepaint(
  width: number,
  height: number,
  paint: (context: CanvasRenderingContext2D) => void,
): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (context !== null) paint(context);
  return canvas;
}

function paintSky(context: CanvasRenderingContext2D, hue: number): void {
  const sky = context.createLinearGradient(0, 0, 0, HEIGHT);
  sky.addColorStop(0, `hsl(${hue} 42% 24%)`);
  sky.addColorStop(0.65, `hsl(${(hue + 40) % 360} 52% 52%)`);
  sky.addColorStop(1, `hsl(${(hue + 60) % 360} 65% 68%)`);
  context.fillStyle = sky;
  context.fillRect(0, 0, WIDTH, HEIGHT);
}

function paintSun(context: CanvasRenderingContext2D, hue: number): void {
  const glow = context.createRadialGradient(GLOW, GLOW, 20, GLOW, GLOW, GLOW);
  glow.addColorStop(0, `hsl(${(hue + 70) % 360} 90% 90% / 0.95)`);
  glow.addColorStop(0.19, `hsl(${(hue + 65) % 360} 90% 86% / 0.9)`);
  glow.addColorStop(0.21, `hsl(${(hue + 60) % 360} 80% 78% / 0.34)`);
  glow.addColorStop(1, `hsl(${(hue + 60) % 360} 80% 70% / 0)`);
  context.fillStyle = glow;
  context.fillRect(0, 0, GLOW * 2, GLOW * 2);
}

function paintHills(context: CanvasRenderingContext2D, of: { hue: number; layer: number; seconds: number }): void {
  const { hue, layer, seconds } = of;
  const base = HEIGHT * (0.56 + layer * 0.11);
  const speed = (layer + 1) * 14;
  context.fillStyle = `hsl(${(hue + 12 - layer * 6 + 360) % 360} ${40 - layer * 3}% ${38 - layer * 8}%)`;
  context.beginPath();
  context.moveTo(0, HEIGHT);
  for (let x = 0; x <= WIDTH; x += 16) {
    const at = (x + seconds * speed + layer * 500) / (260 - layer * 22);
    context.lineTo(x, base + Math.sin(at) * 34 + Math.sin(at * 2.3 + layer) * 15);
  }
  context.lineTo(WIDTH, HEIGHT);
  context.fill();
}

function paintWords(context: CanvasRenderingContext2D, name: string, seconds: number): void {
  context.fillStyle = 'hsl(0 0% 100% / 0.92)';
  context.font = '600 150px system-ui, sans-serif';
  context.textAlign = 'left';
  context.textBaseline = 'alphabetic';
  context.fillText(initialsOf(name), 88, 250);
  context.font = '400 34px ui-monospace, monospace';
  context.fillStyle = 'hsl(0 0% 100% / 0.75)';
  const whole = Math.floor(seconds);
  const clock = `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
  context.fillText(`test picture  ${clock}.${Math.floor((seconds % 1) * 10)}`, 92, 312);
}
