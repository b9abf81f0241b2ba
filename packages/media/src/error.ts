// The one base of every operating error. Programmer errors are asserts, expected outcomes are return types.

/** Whose fault an error is: answers the customer's first question. */
export type Blame = 'caller' | 'source' | 'destination' | 'system';

/** What an operating error always says. */
export type ErrorFacts = {
  readonly blame: Blame;
  readonly retryable: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
};

/** An operating error with a stable code, whose fault it is, and whether trying again can help. */
export class RoomtapeError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly blame: Blame;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'RoomtapeError';
    this.code = code;
    this.blame = facts.blame;
    this.retryable = facts.retryable;
    this.details = facts.details ?? {};
  }
}

/** Throws when a condition our own code must keep does not hold; never for input from outside. */
export function assert(condition: unknown, shouldBeTrue: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${shouldBeTrue}`);
}
