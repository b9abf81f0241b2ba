// Randomness: identifiers and the few random numbers protocols ask for (SSRC, ICE tie-breakers). Injected
// everywhere, so that tests print and repeat a seed. Only this file may ask the runtime for randomness.

/** Makes identifiers and random 32-bit numbers. */
export interface Ids {
  /** A new identifier, `prefix_` plus 20 characters of base 32 (100 bits). */
  next(prefix: string): string;
  /** A random unsigned 32-bit integer. */
  uint32(): number;
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Creates the real source of identifiers, backed by the platform's CSPRNG. */
export function createSystemIds(): Ids {
  return {
    next(prefix) {
      const bytes = crypto.getRandomValues(new Uint8Array(20));
      return `${prefix}_${Array.from(bytes, (b) => ALPHABET[b & 31]).join('')}`;
    },
    uint32: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
  };
}

/** Creates a repeatable source for tests and simulations (mulberry32); never for anything secret. */
export function createSeededIds(seed: number): Ids {
  let state = seed >>> 0;
  const uint32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const next = (prefix: string): string =>
    `${prefix}_${Array.from({ length: 20 }, () => ALPHABET[uint32() & 31]).join('')}`;
  return { next, uint32 };
}
