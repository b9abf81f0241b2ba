// Counters that wrap (RFC 1982): the one place where a wrapped number becomes an endless one.

/**
 * Returns the number congruent to `wrapped` modulo `modulus` that lies nearest to `reference` (half-range
 * rule). Exactly half a range away counts as ahead. Exact for |reference| below 2^52.
 */
export function nearestUnwrapped(reference: number, wrapped: number, modulus: number): number {
  const within = wrapped - reference;
  const behind = within - Math.floor(within / modulus) * modulus;
  return reference + (behind > modulus / 2 ? behind - modulus : behind);
}

/** Returns the smallest number above `reference` that is congruent to `wrapped` modulo `modulus`. */
export function nextUnwrapped(reference: number, wrapped: number, modulus: number): number {
  const within = wrapped - reference;
  const ahead = within - Math.floor(within / modulus) * modulus;
  return reference + (ahead === 0 ? modulus : ahead);
}
