// The page: which part of it the address asks for.

import { lazy, type ReactNode, Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import { ConsoleApi } from './console-api.ts';
import { KeyDialog } from './key-dialog.tsx';
import { RawAudioPage } from './raw-audio/raw-audio-page.tsx';
import { RecorderPage } from './recorder/recorder-page.tsx';
import { RecordingsPage } from './recordings-page.tsx';
import { RoomsPage } from './rooms-page.tsx';
import { parseRoute } from './route.ts';

/** Loaded when it is opened: it brings the layouts of the mixer with it. */
const MixPage = lazy(async () => ({ default: (await import('./mix/mix-page.tsx')).MixPage }));

/** The whole page. */
export function App(): ReactNode {
  const [api] = useState(() => new ConsoleApi());
  const hash = useSyncExternalStore(followHash, () => location.hash);
  useEffect(() => api.open(), [api]);
  return (
    <>
      <Page api={api} hash={hash} />
      <KeyDialog api={api} />
    </>
  );
}

function Page({ api, hash }: { api: ConsoleApi; hash: string }): ReactNode {
  const route = parseRoute(hash);
  switch (route.page) {
    case 'recordings':
      return <RecordingsPage api={api} />;
    case 'recorder':
      return <RecorderPage api={api} />;
    case 'raw-audio':
      return <RawAudioPage api={api} />;
    case 'mix':
      return (
        <Suspense fallback={<p className="waiting">Opening {route.link.roomId} …</p>}>
          <MixPage api={api} link={route.link} />
        </Suspense>
      );
    case 'rooms':
      return <RoomsPage key={route.link.roomId} api={api} link={route.link} />;
  }
}

function followHash(onChange: () => void): () => void {
  window.addEventListener('hashchange', onChange);
  return () => window.removeEventListener('hashchange', onChange);
}
