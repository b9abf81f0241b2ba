// What this browser can and cannot do, said before it matters.

import type { ReactNode } from 'react';
import { ABILITY_ROWS, type Abilities, type AbilityRow } from './abilities.ts';

/** Folded; its heading counts what is missing. */
export function AbilityList({ abilities }: { abilities: Abilities }): ReactNode {
  const missing = ABILITY_ROWS.filter(({ key }) => abilities[key] === false);
  const isKnown = ABILITY_ROWS.every(({ key }) => abilities[key] !== undefined);
  return (
    <details className="abilities">
      <summary>
        What this browser can do
        <span className="dim">{isKnown ? summaryOf(missing) : ' · looking …'}</span>
      </summary>
      <ul>
        {ABILITY_ROWS.map((row) => (
          <li key={row.key} className={abilities[row.key] === false ? 'missing' : ''}>
            <span className="ability-mark" aria-hidden="true" />
            <span>
              {row.name}
              <span className="dim"> · {answerOf(abilities[row.key], row)}</span>
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function summaryOf(missing: readonly AbilityRow[]): string {
  return missing.length === 0 ? ' · everything here' : ` · not: ${missing.map(({ name }) => name).join(', ')}`;
}

function answerOf(answer: boolean | undefined, row: AbilityRow): string {
  if (answer === undefined) return 'looking …';
  return answer ? 'yes' : `no. ${row.otherwise}`;
}
