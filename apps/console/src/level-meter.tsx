// A bar that follows loudness, drawn by style, so that React need not run ten times a second.

import { type ReactNode, useEffect, useRef } from 'react';
import { levelShare } from './format.ts';
import { watchLevel } from './sound-level.ts';

type LevelMeterProps = { mediaStream: MediaStream | undefined; label: string };

/** Shows how loud a stream is; empty without one. */
export function LevelMeter({ mediaStream, label }: LevelMeterProps): ReactNode {
  const meter = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const show = (level: number): void => {
      meter.current?.style.setProperty('--level', String(levelShare(level)));
    };
    show(0);
    return mediaStream === undefined ? undefined : watchLevel(mediaStream, show);
  }, [mediaStream]);
  return (
    <div ref={meter} className="meter" role="img" aria-label={label}>
      <div className="meter-fill" />
    </div>
  );
}
