// What a page that publishes can say of itself, as a witness beside the recording: what its encoders counted, and when
// its sound stood still. Nothing of it is taken from media that was recorded.

import type { Page } from 'playwright-core';

/** The page's signal, pictures a second. */
const FRAMES_PER_SECOND = 30;

/** Less is a lost buffer, which a recorder has to follow. */
const STANDSTILL_MIN_MS = 12;

/** The page's sound stood still, and by how much it has been behind the page's clock from then on. */
export type Standstill = { readonly atMs: number; readonly lengthMs: number };

/** A page's word at one moment. */
export type Testimony = {
  /** When, on the page's clock (`performance.now()`), ms. */
  readonly atMs: number;
  /** Pictures that were due since the page was opened, were it so fast. */
  readonly due: number;
  /** Those that its encoders have counted (W3C webrtc-stats: `framesEncoded`). */
  readonly encoded: number;
  readonly standstills: readonly Standstill[];
};

/**
 * Runs in the page before its own script. The time of an audio context moves by whole buffers, so the least distance to
 * the page's clock within half a second is compared with that of the half second before.
 */
export const WITNESS_SCRIPT = `{
  const connections = [];
  const contexts = [];
  const standstills = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); connections.push(this); }
  };
  window.AudioContext = class extends AudioContext {
    constructor(...given) { super(...given); contexts.push({ context: this, fromMs: 0, leastMs: Infinity, beforeMs: Infinity }); }
  };
  const look = (each) => {
    const nowMs = performance.now();
    if (each.context.state !== 'running') each.beforeMs = each.leastMs = Infinity;
    else each.leastMs = Math.min(each.leastMs, nowMs - each.context.currentTime * 1000);
    if (nowMs - each.fromMs < 500) return;
    const lengthMs = each.leastMs - each.beforeMs;
    if (lengthMs >= ${STANDSTILL_MIN_MS} && Number.isFinite(lengthMs)) standstills.push({ atMs: each.fromMs, lengthMs });
    Object.assign(each, { fromMs: nowMs, beforeMs: each.leastMs, leastMs: Infinity });
  };
  setInterval(() => contexts.forEach(look), 20);
  window.testify = async () => {
    let encoded = 0;
    for (const connection of connections)
      for (const report of (await connection.getStats()).values())
        if (report.type === 'outbound-rtp' && report.kind === 'video') encoded += report.framesEncoded ?? 0;
    const atMs = performance.now();
    return { atMs, encoded, due: Math.round((atMs / 1000) * ${FRAMES_PER_SECOND}), standstills };
  };
}`;

/** Asks a page that was opened with the script. */
export function testify(page: Page): Promise<Testimony> {
  return page.evaluate('window.testify()');
}
