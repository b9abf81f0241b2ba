// The line at the top of every page.

import type { ReactNode } from 'react';
import { Icon, Mark } from './icons.tsx';

/** Product name and the way to the other page; `children` stand between them. */
export function PageHeader({ children }: { children?: ReactNode }): ReactNode {
  const isRecordings = location.hash.startsWith('#/recordings');
  return (
    <header className="page-header">
      <a className="brand" href="#/">
        <Mark />
        Roomtape
      </a>
      <div className="page-header-middle">{children}</div>
      <nav aria-label="Pages">
        <a className="quiet" href={isRecordings ? '#/' : '#/recordings'}>
          <Icon name={isRecordings ? 'camera' : 'list'} />
          {isRecordings ? 'Rooms' : 'All recordings'}
        </a>
      </nav>
    </header>
  );
}
