import { describe, expect, it } from 'vitest';
import { createTokenSource, readExpiry } from './token.ts';

const jwt = (claims: object): string => `x.${btoa(JSON.stringify(claims))}.y`;

describe('token source', () => {
  it('renews a token that is about to expire, and keeps the new one', async () => {
    let renewals = 0;
    const fresh = jwt({ exp: 10_000 });
    const renew = async (): Promise<string> => {
      renewals += 1;
      return fresh;
    };
    const source = createTokenSource(jwt({ exp: 1000 }), renew, () => 990_000);

    expect([await source(), await source()]).toEqual([fresh, fresh]);
    expect(renewals).toBe(1);
  });

  it('uses a token without expiry, or without a way to renew it, as it is', async () => {
    expect(
      await createTokenSource(
        'opaque',
        async () => 'new',
        () => 0,
      )(),
    ).toBe('opaque');
    expect(await createTokenSource(jwt({ exp: 1 }), undefined, () => 9e9)()).toBe(jwt({ exp: 1 }));
  });

  it('reads no expiry from nonsense', () => {
    expect(['', 'a.b.c', 'x.bnVsbA.y', jwt({ exp: 'soon' })].map(readExpiry)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
