// The page: which part of it the address asks for.

import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { ConsoleApi } from './console-api.ts';
import { RawAudioPage } from './raw-audio/raw-audio-page.tsx';
import { RecorderPage } from './recorder/recorder-page.tsx';
import { RecordingsPage } from './recordings-page.tsx';
import { RoomsPage } from './rooms-page.tsx';
import { parseRoute } from './route.ts';

/** The whole page. */
export function App(): ReactNode {
  const [api] = useState(() => new ConsoleApi());
  const hash = useSyncExternalStore(followHash, () => location.hash);
  const route = parseRoute(hash);
  switch (route.page) {
    case 'recordings':
      return <RecordingsPage api={api} />;
    case 'recorder':
      return <RecorderPage api={api} />;
    case 'raw-audio':
      return <RawAudioPage api={api} />;
    case 'rooms':
      return <RoomsPage key={route.link.roomId} api={api} link={route.link} />;
  }
}

function followHash(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange);
  return () => window.removeEventListener('hashchange', onChange);
}
