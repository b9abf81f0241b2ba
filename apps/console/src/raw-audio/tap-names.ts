// The taps of the raw-audio page: what each one carries, in words.

/** Taps that are always there; each played stream adds one of its own. */
export const FIXED_TAPS = ['captured', 'before', 'playback', 'mixed'] as const;
/** One of the fixed taps. */
export type FixedTap = (typeof FIXED_TAPS)[number];

/** A tap's key: a fixed one, or `player:` and the stream's id. */
export type TapKey = FixedTap | `player:${string}`;

/** What a tap is called and what it carries. */
export const TAP_WORDS: Readonly<Record<FixedTap, { readonly name: string; readonly carries: string }>> = {
  captured: { name: 'Captured', carries: 'What this page would send: the microphone, cleaned, and what is mixed in' },
  before: { name: 'Before processing', carries: 'The microphone without echo and noise removal' },
  playback: { name: 'Playback', carries: 'The sum of all streams that are played here' },
  mixed: { name: 'Mixed', carries: 'Captured and playback together' },
};

/** The key of a played stream's tap. */
export function playerTap(streamId: string): TapKey {
  return `player:${streamId}`;
}

/** The stream of a player's tap; `undefined` for the fixed ones. */
export function streamOf(key: TapKey): string | undefined {
  return key.startsWith('player:') ? key.slice('player:'.length) : undefined;
}
