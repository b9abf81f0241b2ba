import { describe, expect, it } from 'vitest';
import { clientError } from '../errors.ts';
import { FakeEnvironment, settle } from '../testing/fake-environment.ts';
import { CallGuard } from './call-guard.ts';

const BOUNDS = { call: 'doIt', deadlineMs: 1000 };
const never = (): Promise<never> => new Promise(() => undefined);
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

function setUp() {
  const environment = new FakeEnvironment();
  return { environment, guard: new CallGuard(environment) };
}

describe('CallGuard', () => {
  it('gives what the call gives, and starts it at once', async () => {
    const { guard } = setUp();
    const order: string[] = [];

    const call = guard.run(BOUNDS, async () => order.push('call'));
    order.push('after');

    expect(await call).toBe(1);
    expect(order).toEqual(['call', 'after']);
  });

  it('makes typed errors of whatever is thrown, at once or later', async () => {
    const { guard } = setUp();
    const throws = (error: unknown) => (): Promise<never> => {
      throw error;
    };

    expect(await codeOf(guard.run(BOUNDS, throws(clientError('NOT_LOGGED_IN'))))).toBe('NOT_LOGGED_IN');
    expect(await codeOf(guard.run(BOUNDS, throws(5)))).toBe('UNEXPECTED');
    expect(await codeOf(guard.run(BOUNDS, () => Promise.reject(new TypeError('x'))))).toBe('UNEXPECTED');
    expect(() => guard.runNow(throws('x'))).toThrow('should not have');
  });

  it('gives a call up after its time and lets it clean up', async () => {
    const { guard, environment } = setUp();
    let givenUp = 0;

    const code = codeOf(guard.run({ ...BOUNDS, onGivenUp: () => givenUp++ }, never));
    await environment.advance(999);
    expect(givenUp).toBe(0);
    await environment.advance(1);

    expect(await code).toBe('TIMEOUT');
    expect(givenUp).toBe(1);
  });

  it('ends pending calls when the engine is destroyed, except those that save something', async () => {
    const { guard } = setUp();
    const saved = Promise.withResolvers<string>();

    const pending = codeOf(guard.run(BOUNDS, never));
    const saving = guard.run({ ...BOUNDS, survivesDestroy: true }, () => saved.promise);
    guard.destroy();
    saved.resolve('file');

    expect(await pending).toBe('ENGINE_DESTROYED');
    expect(await saving).toBe('file');
    expect(await codeOf(guard.run(BOUNDS, async () => 1))).toBe('ENGINE_DESTROYED');
    expect(() => guard.runNow(() => 1)).toThrow('destroyed');
  });

  it('leaves no timer behind', async () => {
    const { guard, environment } = setUp();
    let givenUp = 0;

    await guard.run({ ...BOUNDS, onGivenUp: () => givenUp++ }, async () => 1);
    await environment.advance(2000);
    await settle();

    expect(givenUp).toBe(0);
  });
});
