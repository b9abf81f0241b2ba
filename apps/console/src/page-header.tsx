// The line at the top of every page.

import type { ReactNode } from 'react';
import { Icon, type IconName, Mark } from './icons.tsx';
import { parseRoute, type Route } from './route.ts';

type PageLink = { readonly page: Exclude<Route['page'], 'mix'>; readonly label: string; readonly icon: IconName };

const LINKS: readonly PageLink[] = [
  { page: 'rooms', label: 'Rooms', icon: 'camera' },
  { page: 'recorder', label: 'Recorder', icon: 'record' },
  { page: 'raw-audio', label: 'Raw audio', icon: 'wave' },
  { page: 'recordings', label: 'All recordings', icon: 'list' },
];

/** Product name and the way to the other pages; `children` stand between them. */
export function PageHeader({ children }: { children?: ReactNode }): ReactNode {
  const here = parseRoute(location.hash).page;
  return (
    <header className="page-header">
      <a className="brand" href="#/">
        <Mark />
        Roomtape
      </a>
      <div className="page-header-middle">{children}</div>
      <nav aria-label="Pages">
        {LINKS.map(({ page, label, icon }) => (
          <a
            key={page}
            className="quiet"
            href={page === 'rooms' ? '#/' : `#/${page}`}
            aria-current={page === here ? 'page' : undefined}
            title={label}
          >
            <Icon name={icon} />
            <span>{label}</span>
          </a>
        ))}
      </nav>
    </header>
  );
}
