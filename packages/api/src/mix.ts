// What a mixed recording looks and sounds like: the part of `POST /v1/recordings` with `mode: "mix"` and the body of
// `PUT /v1/recordings/{id}/layout`. What a schema cannot say is checked by `parseMixRequest`, which fills the defaults.

import { type Static, Type } from 'typebox';
import { Background, CANVAS_SIDE_MAX, MixLayout } from './mix-layout.ts';
import { MixOverlays } from './mix-overlays.ts';

/** The picture all tiles stand on; sizes are even. */
export const MixCanvas = Type.Object(
  {
    width: Type.Optional(
      Type.Integer({ minimum: 64, maximum: CANVAS_SIDE_MAX, default: 1280, description: 'px, even' }),
    ),
    height: Type.Optional(
      Type.Integer({ minimum: 64, maximum: CANVAS_SIDE_MAX, default: 720, description: 'px, even' }),
    ),
    fps: Type.Optional(Type.Integer({ minimum: 5, maximum: 60, default: 30 })),
    bitrate: Type.Optional(
      Type.Integer({ minimum: 20_000, maximum: 50_000_000, description: 'bit/s, on average; excludes quality' }),
    ),
    quality: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 51,
        description: 'constant quality, lower is better; 23 when neither is given',
      }),
    ),
    background: Type.Optional(Background),
  },
  { additionalProperties: false },
);
export type MixCanvas = Static<typeof MixCanvas>;

/** The sound of the mix: every voice is in it, whether or not it has a tile. */
export const MixAudio = Type.Object(
  {
    channels: Type.Optional(Type.Enum([1, 2], { default: 1 })),
    bitrate: Type.Optional(
      Type.Integer({ minimum: 16_000, maximum: 512_000, description: 'bit/s; default 64,000 a channel' }),
    ),
    volumes: Type.Optional(
      Type.Record(Type.String(), Type.Integer({ minimum: 0, maximum: 200 }), {
        maxProperties: 1000,
        description: 'per cent of its loudness, by stream id; 100 when absent, 0 is silent',
      }),
    ),
    soundWave: Type.Optional(
      Type.Boolean({ default: false, description: 'also write the loudness of every stream, a line each second' }),
    ),
  },
  { additionalProperties: false },
);
export type MixAudio = Static<typeof MixAudio>;

/** What a mix is asked for; every part may be absent. */
export const MixRequest = Type.Object(
  {
    layout: Type.Optional(MixLayout),
    canvas: Type.Optional(MixCanvas),
    audio: Type.Optional(MixAudio),
    overlays: Type.Optional(MixOverlays),
  },
  { additionalProperties: false },
);
export type MixRequest = Static<typeof MixRequest>;

type Given<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]-?: Exclude<T[P], undefined> };

/** A checked request with its defaults; plain data, safe to keep on a tape. */
export type MixSettings = {
  readonly layout: MixLayout;
  readonly canvas: Given<MixCanvas, 'width' | 'height' | 'fps'>;
  readonly audio: Given<MixAudio, 'channels' | 'bitrate' | 'volumes' | 'soundWave'>;
  readonly overlays: MixOverlays;
};
