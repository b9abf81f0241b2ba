// Problems in plain words, each with what to do about it.

import type { ReactNode } from 'react';
import { Icon } from './icons.tsx';
import type { Problem } from './problem.ts';

type ProblemListProps = { problems: readonly Problem[]; onDismiss: (key: string) => void };

/** Shows problems until they are dismissed; read out when they appear. */
export function ProblemList({ problems, onDismiss }: ProblemListProps): ReactNode {
  return (
    <div className="problems" role="alert">
      {problems.map((problem) => (
        <div className="problem" key={problem.key}>
          <Icon name="alert" />
          <p>
            <strong>{problem.message}.</strong> {problem.whatToDo}
          </p>
          <button type="button" className="bare" aria-label="Dismiss" onClick={() => onDismiss(problem.key)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
