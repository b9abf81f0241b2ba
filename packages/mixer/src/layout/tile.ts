// The words layout and compositor share: what comes in, where it stands. Plain data; pixels of the canvas, origin at
// the top left, everything even, because the canvas is 4:2:0.

import type { Background, MixLabels, MixLayout, MixMuteIcon, PlaceholderKind } from '@roomtape/api';

/** A width and a height, px. */
export type Size = { readonly width: number; readonly height: number };

/** A rectangle of the canvas, px, even. */
export type Rect = Size & { readonly x: number; readonly y: number };

/** One publication as the layout sees it; changes with joins, mutes and who speaks. */
export type MixInput = {
  readonly inputId: string;
  readonly streamId: string;
  readonly userId: string;
  readonly userName: string;
  /** Rises with each input that joins; kept by one that comes back. */
  readonly joinedOrder: number;
  readonly kind: 'camera' | 'screen' | 'whiteboard';
  /** Publishes a picture, even if it is switched off at the moment. */
  readonly hasVideo: boolean;
  readonly hasAudio: boolean;
  readonly isMuted: boolean;
  /** Size of its picture, px, once known. */
  readonly size?: Size;
  /** 0 to 1, smoothed. */
  readonly loudness?: number;
  /** Is gone; stays in the list so that `fillBlank` can keep its tile. */
  readonly hasLeft?: boolean;
  /** Is the one `followSpeaker` chose; at most one input. */
  readonly isActiveSpeaker?: boolean;
};

/** What the layout asks to be written into a tile. */
export type TileLabel = { readonly text: string; readonly style: MixLabels };

/** One rectangle of the film; `inputId` undefined: an empty one that shows only its background. */
export type Tile = {
  readonly inputId: string | undefined;
  readonly rect: Rect;
  /** Larger is in front. */
  readonly layer: number;
  /** fill: the picture is cropped; fit: all of it shows, with bars. */
  readonly fit: 'fill' | 'fit';
  readonly cornerRadius: number;
  readonly border?: { readonly width: number; readonly color: string };
  /** Behind the picture: bars of a fitted one, and the whole tile while nobody is in it. */
  readonly background?: Background;
  readonly label?: TileLabel;
  /** Present when the input is muted and the icon is wanted. */
  readonly muteIcon?: MixMuteIcon;
  /** Shown while no picture comes. */
  readonly placeholder: PlaceholderKind;
  /** Colour or image of the placeholders `color` and `image`. */
  readonly placeholderBackground?: Background;
  readonly blurPadding: boolean;
};

/** A layout with the overlays that stand in its tiles; see `layoutOf`. */
export type Layout = MixLayout & { readonly labels?: MixLabels; readonly muteIcon?: MixMuteIcon };
