// A button that asks for a file. The input itself stays in the page, hidden, so that keyboards and tests reach it.

import { type ReactNode, useRef } from 'react';
import { Icon, type IconName } from './icons.tsx';

type FileButtonProps = { label: string; icon: IconName; accept: string; onFile: (file: File) => void };

/** Opens the browser's file dialogue; the same file may be chosen twice. */
export function FileButton({ label, icon, accept, onFile }: FileButtonProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const choose = (list: FileList | null): void => {
    const file = list?.[0];
    if (file !== undefined) onFile(file);
    if (input.current !== null) input.current.value = '';
  };
  return (
    <>
      <button type="button" className="quiet small" onClick={() => input.current?.click()}>
        <Icon name={icon} />
        {label}
      </button>
      <input
        ref={input}
        type="file"
        className="sr-only"
        tabIndex={-1}
        aria-label={label}
        accept={accept}
        onChange={(event) => choose(event.target.files)}
      />
    </>
  );
}
