// What a recording should show, as data: a test says "muted from 3 to 5", "a gap at 7", and the analyser
// judges every second by it. Everything has a default that suits an undisturbed recording of one participant.

/** Whether something must, may or must not be there. */
export type Presence = 'required' | 'optional' | 'forbidden';

/** What is expected of the flashes and beeps that fall into a stretch of the file, in seconds. */
export type SpanExpectation = {
  readonly fromS: number;
  readonly toS: number;
  readonly flash?: Presence;
  readonly beep?: Presence;
};

/** What a recording should show. Fields left out take their value from `DEFAULT_EXPECTATION`. */
export type Expectation = {
  readonly video: Presence;
  readonly audio: Presence;
  /** A later span wins over an earlier one; outside of all, flashes and beeps are required. */
  readonly spans: readonly SpanExpectation[];
  /** Places where time may jump on purpose: pauses closed up, republication with a new clock. */
  readonly cutsMax: number;
  readonly offsetMsMax: number;
  readonly driftMsPer10MinMax: number;
  readonly missingFramesMax: number;
  readonly repeatedFramesMax: number;
  /** Pictures whose strip is damaged, once any strip was readable. */
  readonly unreadableFramesMax: number;
  /** How far the distance of two pictures may be from what their counters say. */
  readonly cadenceMsMax: number;
  readonly audioHoleMsMax: number;
  readonly decodeErrorsMax: number;
  /** How far the ends of picture and sound may be apart. */
  readonly endSkewMsMax: number;
  /** How far the container's duration may be from what its tracks have. */
  readonly durationSkewMsMax: number;
  readonly durationMs?: number;
  readonly durationToleranceMs: number;
  /** Whose beep and strip they should be; without it, the file's own majority. */
  readonly participantIndex?: number;
  /** Beeps of other participants (a mix has them). */
  readonly otherBeeps: Presence;
};

/** What `analyseRecording` expects where its caller says nothing. */
export const DEFAULT_EXPECTATION: Expectation = {
  video: 'optional',
  audio: 'optional',
  spans: [],
  cutsMax: 0,
  // The bound of the design for tests; viewers notice from about 45 ms (ITU-R BT.1359).
  offsetMsMax: 20,
  driftMsPer10MinMax: 5,
  missingFramesMax: 0,
  repeatedFramesMax: 0,
  unreadableFramesMax: 0,
  // WebM's clock counts whole milliseconds, and so does that of an encoder's camera; a wrong frame is 16 ms off.
  cadenceMsMax: 8,
  audioHoleMsMax: 5,
  decodeErrorsMax: 0,
  // One picture at 10 frames per second and two audio frames.
  endSkewMsMax: 150,
  // One picture at 25 frames per second.
  durationSkewMsMax: 40,
  durationToleranceMs: 40,
  otherBeeps: 'forbidden',
};

/** Reads the JSON of `analyse --expect`; says which key is unknown or wrong instead of guessing. */
export function parseExpectation(text: string): Partial<Expectation> | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'not a JSON object' };
  for (const [key, field] of Object.entries(value)) {
    const problem = problemOf(key, field);
    if (problem !== undefined) return { problem };
  }
  return value as Partial<Expectation>;
}

const PRESENCES: readonly unknown[] = ['required', 'optional', 'forbidden'];
const PRESENCE_KEYS = ['video', 'audio', 'otherBeeps'];
const NUMBER_KEYS = [
  ...Object.keys(DEFAULT_EXPECTATION).filter(
    (key) => typeof DEFAULT_EXPECTATION[key as keyof Expectation] === 'number',
  ),
  'durationMs',
  'participantIndex',
];

function problemOf(key: string, field: unknown): string | undefined {
  if (PRESENCE_KEYS.includes(key)) {
    return PRESENCES.includes(field) ? undefined : `${key} is one of ${PRESENCES.join(', ')}`;
  }
  if (key === 'spans') {
    return Array.isArray(field) && field.every(isSpan) ? undefined : 'spans is a list of {fromS, toS, flash?, beep?}';
  }
  if (!NUMBER_KEYS.includes(key)) {
    return `unknown key ${key}; known are ${[...PRESENCE_KEYS, 'spans', ...NUMBER_KEYS].join(', ')}`;
  }
  return typeof field === 'number' && field >= 0 ? undefined : `${key} is a number from 0`;
}

function isSpan(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const span = value as Record<string, unknown>;
  const isPresence = (field: unknown): boolean => field === undefined || PRESENCES.includes(field);
  return (
    typeof span.fromS === 'number' && typeof span.toS === 'number' && isPresence(span.flash) && isPresence(span.beep)
  );
}
