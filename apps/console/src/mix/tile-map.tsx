// A layout drawn over the whole of the film's shape: as a still picture before there is a film, and as areas to click
// on a running one.

import type { ReactNode } from 'react';
import { initialsOf } from '../format.ts';
import { Icon } from '../icons.tsx';
import type { PreviewTile } from './layout-preview.ts';

type TileMapProps = {
  tiles: readonly PreviewTile[];
  /** Draws nobody: the live picture shows through. */
  isOverPicture: boolean;
  hasLabels: boolean;
  /** The stream that has the big tile because somebody chose it. */
  bigStreamId: string | undefined;
  /** Absent: this layout has no big tile to give. */
  onPick: ((streamId: string) => void) | undefined;
};

/** Draws every tile; each one that can be made large is a button. */
export function TileMap({ tiles, isOverPicture, hasLabels, bigStreamId, onPick }: TileMapProps): ReactNode {
  return (
    <div className={isOverPicture ? 'tile-map over' : 'tile-map'}>
      {tiles.map((tile) => (
        <MapTile
          key={tile.key}
          tile={tile}
          hasLabels={hasLabels}
          isBig={tile.streamId !== undefined && tile.streamId === bigStreamId}
          isOverPicture={isOverPicture}
          onPick={onPick}
        />
      ))}
    </div>
  );
}

type MapTileProps = Pick<TileMapProps, 'isOverPicture' | 'hasLabels' | 'onPick'> & {
  tile: PreviewTile;
  isBig: boolean;
};

function MapTile({ tile, isBig, isOverPicture, hasLabels, onPick }: MapTileProps): ReactNode {
  const { streamId, name } = tile;
  const face = isOverPicture ? null : <TileFace tile={tile} hasLabel={hasLabels} />;
  const className = streamId === undefined ? 'map-tile empty' : 'map-tile';
  if (onPick === undefined || streamId === undefined) {
    return (
      <div className={className} style={placeOf(tile)}>
        {face}
      </div>
    );
  }
  const words = isBig ? `${name} is large; let the layout choose` : `Make ${name} large`;
  return (
    <button
      type="button"
      className={className}
      style={placeOf(tile)}
      aria-pressed={isBig}
      aria-label={words}
      title={words}
      onClick={() => onPick(streamId)}
    >
      {face}
    </button>
  );
}

/** What a tile shows while there is no picture: initials and a name. */
export function TileFace({ tile, hasLabel }: { tile: PreviewTile; hasLabel: boolean }): ReactNode {
  if (tile.streamId === undefined) return null;
  return (
    <>
      <span className="map-face" aria-hidden="true">
        {tile.isScreen ? <Icon name="screen" /> : initialsOf(tile.name)}
      </span>
      {hasLabel ? (
        <span className="map-label" aria-hidden="true">
          {tile.name}
        </span>
      ) : null}
    </>
  );
}

/** Where a tile stands, and its colour, as a style. */
export function placeOf({ left, top, width, height, hue }: PreviewTile): React.CSSProperties {
  const share = (value: number): string => `${value}%`;
  const place = { left: share(left), top: share(top), width: share(width), height: share(height) };
  return { ...place, '--hue': hue } as React.CSSProperties;
}
