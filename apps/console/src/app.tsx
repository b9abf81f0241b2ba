// The page: which part of it the address asks for.

import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { ConsoleApi } from './console-api.ts';
import { RecordingsPage } from './recordings-page.tsx';
import { RoomsPage } from './rooms-page.tsx';
import { parseRoute } from './route.ts';

/** The whole page. */
export function App(): ReactNode {
  const [api] = useState(() => new ConsoleApi());
  const hash = useSyncExternalStore(followHash, () => location.hash);
  const route = parseRoute(hash);
  return route.page === 'recordings' ? (
    <RecordingsPage api={api} />
  ) : (
    <RoomsPage key={route.link.roomId} api={api} link={route.link} />
  );
}

function followHash(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange);
  return () => window.removeEventListener('hashchange', onChange);
}
