// Asks for the API key, over whatever page is open: a server that is not on this machine tells nobody anything without.

import { asClientError } from '@roomtape/sdk';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { ConsoleApi } from './console-api.ts';
import { type Problem, problemOf } from './problem.ts';
import { ProblemList } from './problem-list.tsx';
import { useStore } from './store.ts';

const WRONG_KEY: Problem = {
  key: 'key',
  message: 'The server does not know this key',
  whatToDo: 'It is what ROOMTAPE_API_KEY was set to, or in the file api-key of the data directory.',
};

/** A dialogue while the server wants its key; nothing otherwise. */
export function KeyDialog({ api }: { api: ConsoleApi }): ReactNode {
  return useStore(api.access).needsKey ? <KeyForm api={api} /> : null;
}

function KeyForm({ api }: { api: ConsoleApi }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [apiKey, setApiKey] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [isAsking, setIsAsking] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setIsAsking(true);
    try {
      await api.signIn(apiKey.trim());
    } catch (error) {
      setProblem(asClientError(error).code === 'UNAUTHENTICATED' ? WRONG_KEY : problemOf('key', error));
      setIsAsking(false);
    }
  };
  return (
    <dialog ref={dialog} className="key-dialog" onCancel={(event) => event.preventDefault()}>
      <form onSubmit={(event) => void submit(event)}>
        <h1>API key</h1>
        <p className="lead">
          This server asks for its key, the one it was started with. It stays in this page and is forgotten with it.
        </p>
        <label className="field">
          <span>Key</span>
          <input
            required
            type="password"
            autoComplete="current-password"
            value={apiKey}
            onChange={(event) => setApiKey(event.target.value)}
          />
        </label>
        <ProblemList problems={problem === undefined ? [] : [problem]} onDismiss={() => setProblem(undefined)} />
        <button className="primary" type="submit" disabled={isAsking || apiKey.trim() === ''}>
          Open
        </button>
      </form>
    </dialog>
  );
}
