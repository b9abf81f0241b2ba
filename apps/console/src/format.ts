// Numbers as people read them.

/** A duration as `1:02:03` or `2:03`. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A size as `3.4 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A bitrate as `1.2 Mb/s`. */
export function formatBitrate(bitrateBps: number): string {
  return bitrateBps >= 1e6 ? `${(bitrateBps / 1e6).toFixed(1)} Mb/s` : `${Math.round(bitrateBps / 1000)} kb/s`;
}

/** How much of a meter a level fills: loudness is heard in steps of decibels, −50 dB is empty, −8 dB full. */
export function levelShare(level: number): number {
  const decibels = 20 * Math.log10(Math.max(level, 1e-5));
  return Math.min(1, Math.max(0, (decibels + 50) / 42));
}

const CODEC_NAMES: Record<string, string> = {
  h264: 'H.264',
  h265: 'H.265',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
  opus: 'Opus',
  aac: 'AAC',
  mp3: 'MP3',
  pcm: 'PCM',
};

/** A codec as its specification writes it. */
export function formatCodec(codec: string): string {
  return CODEC_NAMES[codec.toLowerCase()] ?? codec;
}

/** A point of time as today's clock, or with its day when it was not today. */
export function formatTime(iso: string): string {
  const date = new Date(iso);
  const isToday = date.toDateString() === new Date().toDateString();
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return isToday ? `Today, ${time}` : `${date.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${time}`;
}

/** A point of time of a day, to the second. */
export function formatClock(iso: string): string {
  return new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

/** The first letters of a name, for a tile without a picture. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? '?')][0]?.toUpperCase() ?? '').join('');
}

/** Hues that look calm on a dark page. */
const HUES = [212, 262, 322, 14, 168, 236, 292, 190];

/** A calm hue that belongs to a name, degrees. */
export function hueOf(name: string): number {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 36_007;
  return HUES[hash % HUES.length] ?? 212;
}
