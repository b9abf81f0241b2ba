// The only place where one kind of time becomes another. Three integer kinds, each a branded number:
// the source's clock (`Ticks` at a track's clock rate), a recording's own timeline (`MediaUs`) and our
// wall clock (`UnixUs`). Convert points, never durations: a duration is the difference of two converted
// points, so rounding never adds up.

declare const unit: unique symbol;

/** A point on a source's own clock, unwrapped beyond 32 bits; meaningless without the track's clock rate. */
export type Ticks = number & { readonly [unit]: 'ticks' };
/** A point on a recording's timeline in microseconds; 0 is the recording's start. */
export type MediaUs = number & { readonly [unit]: 'media-us' };
/** A point on our wall clock in microseconds since the Unix epoch. Fields of this type end in `At`. */
export type UnixUs = number & { readonly [unit]: 'unix-us' };

/** Microseconds in a second. */
export const US_PER_SECOND = 1_000_000;
/** Seconds between the NTP era 0 epoch (1900) and the Unix epoch (1970), RFC 5905 §6. */
const NTP_UNIX_OFFSET_SECONDS = 2_208_988_800;

/** Brands an integer as source ticks. */
export function ticks(value: number): Ticks {
  return value as Ticks;
}

/** Brands an integer as microseconds on a recording's timeline. */
export function mediaUs(value: number): MediaUs {
  return value as MediaUs;
}

/** Brands an integer as wall-clock microseconds since the Unix epoch. */
export function unixUs(value: number): UnixUs {
  return value as UnixUs;
}

/**
 * Rescales a point from one rate to another, to the nearest integer (half away from zero). Quotient and
 * remainder are converted apart, so nothing leaves exact integers for any point a recording can hold.
 */
export function rescaleNearest(point: number, fromRate: number, toRate: number): number {
  const whole = Math.floor(point / fromRate);
  const rest = point - whole * fromRate;
  return whole * toRate + Math.round((rest * toRate) / fromRate);
}

/** Rescales a point from one rate to another, rounding towards minus infinity. */
export function rescaleFloor(point: number, fromRate: number, toRate: number): number {
  const whole = Math.floor(point / fromRate);
  const rest = point - whole * fromRate;
  return whole * toRate + Math.floor((rest * toRate) / fromRate);
}

/** Converts source ticks to microseconds on the same, source-defined origin. */
export function ticksToUs(point: Ticks, clockRate: number): number {
  return rescaleNearest(point, clockRate, US_PER_SECOND);
}

/** Converts microseconds to source ticks on the same origin. */
export function usToTicks(us: number, clockRate: number): Ticks {
  return ticks(rescaleNearest(us, US_PER_SECOND, clockRate));
}

/** Converts a 64-bit NTP timestamp (RFC 5905 §6: seconds and 2^-32 fractions since 1900) to Unix microseconds. */
export function ntpToUnixUs(seconds: number, fraction: number): UnixUs {
  const us = Math.round((fraction * US_PER_SECOND) / 2 ** 32);
  return unixUs((seconds - NTP_UNIX_OFFSET_SECONDS) * US_PER_SECOND + us);
}

/** Converts Unix microseconds to the two 32-bit halves of an NTP timestamp (RFC 5905 §6). */
export function unixUsToNtp(at: UnixUs): { seconds: number; fraction: number } {
  const whole = Math.floor(at / US_PER_SECOND);
  const rest = at - whole * US_PER_SECOND;
  const fraction = Math.min(2 ** 32 - 1, Math.round((rest * 2 ** 32) / US_PER_SECOND));
  return { seconds: (whole + NTP_UNIX_OFFSET_SECONDS) % 2 ** 32, fraction };
}

/** Writes a wall-clock point as RFC 3339 with milliseconds, the form JSON carries. */
export function toRfc3339(at: UnixUs): string {
  return new Date(Math.floor(at / 1000)).toISOString();
}

/** Reads an RFC 3339 string back; `undefined` when it is not one. */
export function fromRfc3339(text: string): UnixUs | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : unixUs(ms * 1000);
}

/** Converts milliseconds, the unit of configuration, to microseconds. */
export function msToUs(ms: number): number {
  return ms * 1000;
}

/** Converts microseconds to whole milliseconds, rounding down; for APIs and logs, never for media. */
export function usToMsFloor(us: number): number {
  return Math.floor(us / 1000);
}
