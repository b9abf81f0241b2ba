// Reads the arguments of the engine's calls as they come from a page: any value at all, objects whose getters throw,
// texts of megabytes. What is not right becomes INVALID_ARGUMENT with the name of the argument; nothing is kept by
// reference that the page could change later, except tracks, elements and functions.

import { clientError, type RoomtapeClientError } from '../errors.ts';

/** Reads one value; throws `INVALID_ARGUMENT` that names `argument`. */
export type Reader<T> = (value: unknown, argument: string) => T;
type Fields = Readonly<Record<string, Reader<unknown>>>;
/** What `readObject` makes of a table of readers: a field that is absent stays absent. */
export type ReadObject<F extends Fields> = { [Name in keyof F]?: Exclude<ReturnType<F[Name]>, undefined> };

/** The error for an argument that is not what it may be. */
export function invalidArgument(argument: string, expected: string, cause?: unknown): RoomtapeClientError {
  return clientError('INVALID_ARGUMENT', {
    message: `${argument} must be ${expected}`,
    details: { argument, expected },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Reads an object's known fields, each once; `undefined` reads as an object without fields. */
export function readObject<F extends Fields>(value: unknown, argument: string, fields: F): ReadObject<F> {
  if (value === undefined) return {};
  if (value === null || typeof value !== 'object') throw invalidArgument(argument, 'an object');
  const read: Record<string, unknown> = {};
  for (const [name, reader] of Object.entries(fields)) {
    const path = `${argument}.${name}`;
    const field = fieldOf(value, name, path);
    if (field !== undefined) read[name] = reader(field, path);
  }
  return read as ReadObject<F>;
}

/**
 * Copies an object's named fields, each read once, for a part that checks the values itself. What is not an object is
 * refused here.
 */
export function copyOf<T extends object>(value: unknown, argument: string, names: readonly (keyof T & string)[]): T {
  if (value === null || typeof value !== 'object') throw invalidArgument(argument, 'an object');
  return readObject(value, argument, Object.fromEntries(names.map((name) => [name, (field: unknown) => field]))) as T;
}

/** Reads a value that must be there. */
export function required<T>(value: T | undefined, argument: string): T {
  if (value === undefined) throw invalidArgument(argument, 'given');
  return value;
}

/** One of some texts. */
export function oneOf<const T extends string>(texts: readonly T[]): Reader<T> {
  return (value, argument) => {
    const found = texts.find((text) => text === value);
    if (found === undefined) throw invalidArgument(argument, `one of ${texts.join(', ')}`);
    return found;
  };
}

/** A number within limits, both included. NaN is in no limits. */
export function numberWithin(min: number, max: number): Reader<number> {
  return (value, argument) => {
    if (typeof value === 'number' && value >= min && value <= max) return value;
    throw invalidArgument(argument, `a number from ${min} to ${max}`);
  };
}

/** A text of 1 to `maxLength` characters. */
export function textUpTo(maxLength: number): Reader<string> {
  return (value, argument) => {
    if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
    throw invalidArgument(argument, `a text of 1 to ${maxLength} characters`);
  };
}

/** `true` or `false`. */
export const readBoolean: Reader<boolean> = (value, argument) => {
  if (typeof value !== 'boolean') throw invalidArgument(argument, 'true or false');
  return value;
};

/** The id of a room, stream or user. */
export const readId: Reader<string> = (value, argument) => {
  if (typeof value !== 'string' || !/^[A-Za-z0-9_-]{1,128}$/.test(value)) {
    throw invalidArgument(argument, '1 to 128 letters, digits, "_" or "-"');
  }
  return value;
};

/** A function; `owner` is what it is called on. */
export function functionOf<T extends (...given: never[]) => unknown>(owner: object): Reader<T> {
  return (value, argument) => {
    if (typeof value !== 'function') throw invalidArgument(argument, 'a function');
    return ((...given: never[]) => Reflect.apply(value, owner, given)) as unknown as T;
  };
}

/** An object of the browser: one of `interfaceName`, whichever window made it, told by an attribute only these have. */
export function platformObject<T extends object>(interfaceName: string, attribute: string): Reader<T> {
  return (value, argument) => {
    const isThere = value !== null && typeof value === 'object' && hasAttribute(value, interfaceName, attribute);
    if (!isThere) throw invalidArgument(argument, `a ${interfaceName}`);
    return value as T;
  };
}

/** The browser's own getter refuses what is not of its interface; look-alikes and proxies would fail much later. */
function hasAttribute(value: object, interfaceName: string, attribute: string): boolean {
  const { prototype } =
    (globalThis as unknown as Record<string, { prototype?: object } | undefined>)[interfaceName] ?? {};
  const getter = prototype && Object.getOwnPropertyDescriptor(prototype, attribute)?.get;
  // Outside of a browser there are only look-alikes.
  if (getter === undefined) return fieldOf(value, attribute, attribute) !== undefined;
  try {
    Reflect.apply(getter, value, []);
    return true;
  } catch {
    return false;
  }
}

function fieldOf(value: object, name: string, path: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch (error) {
    throw invalidArgument(path, 'readable', error);
  }
}
