// A tap's sound as a picture: five seconds of waveform and a level bar, drawn with the screen's own beat.

import { type ReactNode, useEffect, useRef } from 'react';
import { levelShare } from '../format.ts';
import { COLUMNS, type TapMeter } from './tap-meter.ts';

type WaveformProps = { meter: TapMeter; label: string };

/** Draws a meter for as long as it is shown. */
export function Waveform({ meter, label }: WaveformProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let drawnFrames = -1;
    let request = 0;
    const draw = (): void => {
      request = requestAnimationFrame(draw);
      const { frames, level } = meter.figures;
      if (canvas.current === null || frames === drawnFrames) return;
      drawnFrames = frames;
      paint(canvas.current, meter);
      bar.current?.style.setProperty('--level', String(levelShare(level)));
    };
    request = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(request);
  }, [meter]);
  return (
    <div className="wave" role="img" aria-label={label}>
      <canvas ref={canvas} width={COLUMNS * 2} height={120} />
      <div ref={bar} className="meter">
        <div className="meter-fill" />
      </div>
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, meter: TapMeter): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { width, height } = canvas;
  const middle = height / 2;
  context.clearRect(0, 0, width, height);
  context.fillStyle = '#263040';
  context.fillRect(0, middle - 0.5, width, 1);
  for (let i = 0; i < COLUMNS; i++) {
    const column = (meter.firstColumn + i) % COLUMNS;
    const low = meter.lows[column] ?? 0;
    const high = meter.highs[column] ?? 0;
    // What is near full scale is shown in the colour of a warning.
    context.fillStyle = Math.max(-low, high) > 0.97 ? '#ff5d55' : '#63d2b8';
    const top = middle - scaled(high) * middle;
    const bottom = middle - scaled(low) * middle;
    context.fillRect(i * 2, top, 1.4, Math.max(1, bottom - top));
  }
}

/** Quiet speech is a tenth of full scale: a root makes it visible without hiding the loud. */
function scaled(sample: number): number {
  return Math.sign(sample) * Math.sqrt(Math.abs(sample));
}
