// Where the pictures of a mixed recording stand and how a tile looks: the part of a mix users change most. Rules that
// need more than one field (edges of the canvas, overlaps) are checked by `parseMixRequest`.

import { type Static, Type } from 'typebox';
import { Id } from './ids.ts';

/** Every layout mode. A new one is a word here and a row in the mixer's `arrangements.ts`. */
export const LAYOUT_MODES = [
  'custom',
  'tile',
  'horizontal',
  'vertical',
  'floating',
  'gallery',
  'speaker',
  'presentation',
  'single',
] as const;
export type LayoutMode = (typeof LAYOUT_MODES)[number];

/** Most tiles a layout shows unless the server is configured otherwise. */
export const TILES_MAX = 49;

/** Largest width and height of a canvas, px. */
export const CANVAS_SIDE_MAX = 1920;

/** A colour, opaque: `#rrggbb`. */
export const Color = Type.String({ pattern: '^#[0-9a-fA-F]{6}$', description: '#rrggbb' });

/** A picture by reference: an http(s) address, a `data:image/…` address, or `asset:` and the id of a stored one. */
export const ImageRef = Type.String({
  pattern: '^(https?://|data:image/|asset:).+$',
  maxLength: 262_144,
  description: 'address (http, https, data:image/…) or asset:ID of a PNG, JPEG, WebP or SVG picture',
});

/** How a picture fills a rectangle of another shape. */
export const IMAGE_FITS = ['fill', 'fit', 'stretch'] as const;
export type ImageFit = (typeof IMAGE_FITS)[number];

/** What stands behind pictures: a colour, and a picture over it when it can be had. */
export const Background = Type.Object(
  {
    color: Type.Optional(Color),
    image: Type.Optional(ImageRef),
    imageFit: Type.Optional(
      Type.Enum([...IMAGE_FITS], { default: 'stretch', description: 'fill: cropped; fit: bars; stretch: as it comes' }),
    ),
  },
  { additionalProperties: false },
);
export type Background = Static<typeof Background>;

/** What a tile shows while its camera sends nothing. */
export const PLACEHOLDERS = ['last-frame', 'color', 'image', 'avatar'] as const;
export type PlaceholderKind = (typeof PLACEHOLDERS)[number];

/** How tiles look. */
export const MixTileStyle = Type.Object(
  {
    cornerRadius: Type.Optional(Type.Integer({ minimum: 0, maximum: 500, default: 0, description: 'px' })),
    border: Type.Optional(
      Type.Object(
        { width: Type.Integer({ minimum: 0, maximum: 40, description: 'px, inside the tile' }), color: Color },
        { additionalProperties: false },
      ),
    ),
    blurPadding: Type.Optional(
      Type.Boolean({ default: false, description: 'fill the bars of a fitted picture with itself, blurred' }),
    ),
    placeholder: Type.Optional(
      Type.Enum([...PLACEHOLDERS], { default: 'last-frame', description: 'shown while the camera is off' }),
    ),
    placeholderColor: Type.Optional(Color),
    placeholderImage: Type.Optional(ImageRef),
  },
  { additionalProperties: false },
);
export type MixTileStyle = Static<typeof MixTileStyle>;

/** What a cell of a custom layout takes; `stream` is a camera or a shared screen. */
export const CELL_KINDS = ['stream', 'camera', 'screen', 'whiteboard'] as const;
export type CellKind = (typeof CELL_KINDS)[number];

/** One rectangle of a custom layout; px of the canvas, origin top left, all even. */
export const MixCell = Type.Object(
  {
    x: Type.Integer(),
    y: Type.Integer(),
    width: Type.Integer(),
    height: Type.Integer(),
    layer: Type.Optional(
      Type.Integer({
        minimum: -1000,
        maximum: 1000,
        default: 0,
        description: 'larger is in front; overlapping: different',
      }),
    ),
    kind: Type.Optional(Type.Enum([...CELL_KINDS], { default: 'stream' })),
    streamId: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{0,128}$', description: 'empty or absent: the next one to join' }),
    ),
    fit: Type.Optional(Type.Enum(['fill', 'fit'], { default: 'fill' })),
    background: Type.Optional(Background),
    style: Type.Optional(MixTileStyle),
  },
  { additionalProperties: false },
);
export type MixCell = Static<typeof MixCell>;

/** Where the pictures stand. */
export const MixLayout = Type.Object(
  {
    mode: Type.Enum([...LAYOUT_MODES]),
    cells: Type.Optional(Type.Array(MixCell, { description: 'custom only, and needed there' })),
    bigStreamId: Type.Optional(Id),
    tilesMax: Type.Optional(Type.Integer({ minimum: 1, description: 'show at most so many' })),
    audioOnly: Type.Optional(
      Type.Enum(['avatar', 'none'], { default: 'avatar', description: 'tile of participants without a camera' }),
    ),
    fillBlank: Type.Optional(
      Type.Boolean({ default: false, description: 'a leaver keeps the tile, with its placeholder' }),
    ),
    fit: Type.Optional(Type.Enum(['fill', 'fit'], { default: 'fill', description: 'how pictures fill small tiles' })),
    bigFit: Type.Optional(
      Type.Enum(['fill', 'fit'], { default: 'fit', description: 'how a picture fills the big tile' }),
    ),
    gap: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 64, multipleOf: 4, default: 0, description: 'px between tiles' }),
    ),
    tileAspect: Type.Optional(
      Type.Number({ minimum: 0.25, maximum: 4, default: 16 / 9, description: 'gallery: width by height of its tiles' }),
    ),
    emptyBackground: Type.Optional(Background),
    style: Type.Optional(MixTileStyle),
  },
  { additionalProperties: false },
);
export type MixLayout = Static<typeof MixLayout>;
