// What went wrong with a recording and was survived, or made it fail.

import type { Recording } from '@roomtape/api';
import type { ReactNode } from 'react';
import { Icon } from './icons.tsx';

/** A line for each problem; dim where it is over. */
export function RecordingProblems({ problems }: { problems: Recording['problems'] }): ReactNode {
  return problems.map((problem) => (
    <p
      className={problem.resolvedAt === undefined ? 'card-problem' : 'card-problem over'}
      key={`${problem.code}-${problem.at}-${problem.streamId ?? ''}`}
    >
      <Icon name="alert" />
      <span>
        {problem.message}
        {problem.streamId === undefined ? '' : ` (${problem.streamId})`}
        {problem.resolvedAt === undefined ? '' : ': over since'}
      </span>
    </p>
  ));
}
