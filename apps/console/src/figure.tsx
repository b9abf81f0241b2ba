// One figure with its name, for a row of them; every one keeps its place while there is nothing to say.

import type { ReactNode } from 'react';

type FigureProps = { label: string; value: string | undefined; isBad?: boolean };

/** Shows a figure; stands in a `<dl className="figures">`. */
export function Figure({ label, value, isBad = false }: FigureProps): ReactNode {
  return (
    <div className={isBad ? 'figure bad' : 'figure'}>
      <dt>{label}</dt>
      <dd>{value ?? '–'}</dd>
    </div>
  );
}
