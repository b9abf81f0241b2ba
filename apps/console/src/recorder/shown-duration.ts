// The recorded time as it moves on the page, between two readings of the recorder.

import { useEffect, useState } from 'react';
import { type ChannelView, shownDurationMs } from './channel-view.ts';

const PERIOD_MS = 200;

/** The recorded time of a channel now, ms; the component is drawn again while it grows. */
export function useShownDuration(view: ChannelView): number {
  const [nowMs, setNowMs] = useState(() => performance.now());
  const isRunning = view.state === 'recording';
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setNowMs(performance.now()), PERIOD_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return shownDurationMs(view, nowMs);
}
