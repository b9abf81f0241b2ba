// Wall time as text, in any zone. Pure: the time comes in.

import type { MixTimestamp } from '@roomtape/api';
import type { UnixUs } from '@roomtape/media';

const FORMAT = 'yyyy-MM-dd HH:mm:ss';
const FORMAT_WITHOUT_SECONDS = 'yyyy-MM-dd HH:mm';
const TOKENS = /yyyy|MM|dd|HH|mm|ss|SSS|zzz/g;
const FORMATTERS_MAX = 64;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Writes a time; letters that are no token stand for themselves. */
export function formatTimestamp(at: UnixUs, options: MixTimestamp): string {
  const format = options.format ?? (options.seconds === false ? FORMAT_WITHOUT_SECONDS : FORMAT);
  const date = new Date(Math.floor(at / 1000));
  const fields = fieldsOf(date, options.zone ?? 'UTC');
  return format.replaceAll(TOKENS, (token) => fields[token] ?? token);
}

function fieldsOf(date: Date, zone: string): Readonly<Record<string, string>> {
  const parts = new Map(
    formatterOf(zone)
      .formatToParts(date)
      .map((part) => [part.type, part.value]),
  );
  const offset = (parts.get('timeZoneName') ?? '').replace(/^GMT/, '');
  return {
    yyyy: parts.get('year')?.padStart(4, '0') ?? '',
    MM: parts.get('month') ?? '',
    dd: parts.get('day') ?? '',
    HH: parts.get('hour') ?? '',
    mm: parts.get('minute') ?? '',
    ss: parts.get('second') ?? '',
    SSS: String(date.getUTCMilliseconds()).padStart(3, '0'),
    zzz: offset === '' ? '+00:00' : offset,
  };
}

/** Making one takes about a millisecond, so they are kept. */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  if (formatters.size >= FORMATTERS_MAX) formatters.clear();
  const formatter = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  });
  formatters.set(timeZone, formatter);
  return formatter;
}
