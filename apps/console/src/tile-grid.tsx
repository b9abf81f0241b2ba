// The stage: tiles as large as the space allows.

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Tile } from './tile.tsx';
import { columnsFor, type TileFacts } from './tiles.ts';

/** Lays the tiles out; offers to turn the sound on when the browser withholds it. */
export function TileGrid({ tiles }: { tiles: readonly TileFacts[] }): ReactNode {
  const stage = useRef<HTMLDivElement>(null);
  const size = useSize(stage);
  const [isSilenced, setSilenced] = useState(false);
  const columns = columnsFor(tiles.length, size);
  const rows = Math.max(1, Math.ceil(tiles.length / columns));
  return (
    <div className="stage-frame">
      <div
        ref={stage}
        className="stage"
        style={{ '--columns': columns, '--rows': rows } as React.CSSProperties}
        data-count={tiles.length}
      >
        {tiles.map((tile) => (
          <Tile key={tile.key} tile={tile} isSilenced={isSilenced} onSilenced={() => setSilenced(true)} />
        ))}
      </div>
      {isSilenced ? (
        <button type="button" className="primary unsilence" onClick={() => setSilenced(false)}>
          Turn the sound on
        </button>
      ) : null}
    </div>
  );
}

function useSize(element: React.RefObject<HTMLDivElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 1600, height: 900 });
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
