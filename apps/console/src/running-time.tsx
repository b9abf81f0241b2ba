// A recorded time that counts between two readings of the server, so that it moves by itself.

import { type ReactNode, useEffect, useState } from 'react';
import { formatDuration } from './format.ts';

/** Where the server's own number stands still, this one does too, soon. */
const AHEAD_MS_MAX = 1500;

type RunningTimeProps = { recordedMs: number; isRunning: boolean };

/** Shows the time. */
export function RunningTime({ recordedMs, isRunning }: RunningTimeProps): ReactNode {
  const [base, setBase] = useState({ recordedMs, atMs: performance.now() });
  const [nowMs, setNowMs] = useState(performance.now());
  if (base.recordedMs !== recordedMs) setBase({ recordedMs, atMs: performance.now() });
  useEffect(() => {
    const timer = setInterval(() => setNowMs(performance.now()), 250);
    return () => clearInterval(timer);
  }, []);
  const aheadMs = Math.min(AHEAD_MS_MAX, Math.max(0, nowMs - base.atMs));
  return formatDuration(recordedMs + (isRunning ? aheadMs : 0));
}
