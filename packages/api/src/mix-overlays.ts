// What is drawn over the pictures of a mixed recording: names, mute icons, images, texts, the time.

import { type Static, Type } from 'typebox';
import { Color, ImageRef } from './mix-layout.ts';

/** Where something stands in its tile or on the canvas. */
export const PLACES = ['top-left', 'top', 'top-right', 'bottom-left', 'bottom', 'bottom-right'] as const;
export type Place = (typeof PLACES)[number];

const FontSize = Type.Integer({ minimum: 8, maximum: 200, description: 'px' });
const Opacity = Type.Number({ minimum: 0, maximum: 1 });
const Position = Type.Integer({ minimum: 0, maximum: 1920, description: 'px of the canvas' });

/** How text looks; any script the shipped font has, Chinese, Japanese kana and Latin among them. */
const textFields = {
  fontSize: Type.Optional(FontSize),
  color: Type.Optional(Color),
  opacity: Type.Optional(Opacity),
  outlineColor: Type.Optional(Color),
  backgroundColor: Type.Optional(Color),
  backgroundOpacity: Type.Optional(Opacity),
};

/** The label in each tile. */
export const MixLabels = Type.Object(
  {
    text: Type.Optional(
      Type.String({
        maxLength: 300,
        description: '{userName}, {userId} and {streamId} stand for those; default {userName}',
      }),
    ),
    byStream: Type.Optional(
      Type.Record(Type.String(), Type.String({ maxLength: 300 }), {
        maxProperties: 1000,
        description: 'another text, by stream id; empty: none',
      }),
    ),
    place: Type.Optional(Type.Enum([...PLACES], { default: 'bottom-left' })),
    ...textFields,
  },
  { additionalProperties: false },
);
export type MixLabels = Static<typeof MixLabels>;

/** The icon in the tile of somebody muted. */
export const MixMuteIcon = Type.Object(
  {
    place: Type.Optional(Type.Enum([...PLACES], { default: 'top-right' })),
    size: Type.Optional(Type.Integer({ minimum: 8, maximum: 200, default: 32, description: 'px' })),
  },
  { additionalProperties: false },
);
export type MixMuteIcon = Static<typeof MixMuteIcon>;

/** A picture at a rectangle of the canvas, stretched to it. */
export const MixWatermark = Type.Object(
  {
    image: ImageRef,
    x: Type.Integer(),
    y: Type.Integer(),
    width: Type.Integer(),
    height: Type.Integer(),
    opacity: Type.Optional(Opacity),
    imageFit: Type.Optional(Type.Enum(['fill', 'fit', 'stretch'], { default: 'stretch' })),
  },
  { additionalProperties: false },
);
export type MixWatermark = Static<typeof MixWatermark>;

/** Free text on the canvas. */
export const MixText = Type.Object(
  { text: Type.String({ minLength: 1, maxLength: 300 }), x: Position, y: Position, ...textFields },
  { additionalProperties: false },
);
export type MixText = Static<typeof MixText>;

/** The wall time on the canvas. */
export const MixTimestamp = Type.Object(
  {
    place: Type.Optional(Type.Enum([...PLACES], { default: 'top-right' })),
    format: Type.Optional(
      Type.String({
        maxLength: 64,
        description: 'yyyy, MM, dd, HH, mm, ss, SSS (of the frame), zzz (zone offset); default yyyy-MM-dd HH:mm:ss',
      }),
    ),
    seconds: Type.Optional(Type.Boolean({ default: true, description: 'false: the default format without seconds' })),
    zone: Type.Optional(Type.String({ maxLength: 64, default: 'UTC', description: 'IANA name, e.g. Asia/Shanghai' })),
    ...textFields,
  },
  { additionalProperties: false },
);
export type MixTimestamp = Static<typeof MixTimestamp>;

/** Everything drawn over the pictures; what is absent is not drawn. */
export const MixOverlays = Type.Object(
  {
    labels: Type.Optional(MixLabels),
    muteIcon: Type.Optional(MixMuteIcon),
    watermarks: Type.Optional(Type.Array(MixWatermark, { maxItems: 16 })),
    texts: Type.Optional(Type.Array(MixText, { maxItems: 64 })),
    timestamp: Type.Optional(MixTimestamp),
  },
  { additionalProperties: false },
);
export type MixOverlays = Static<typeof MixOverlays>;
