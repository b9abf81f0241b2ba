// What `GET /healthz` answers.

import { type Static, Type } from 'typebox';

/** Whether the server can record, and if not, why. Status 200 with `ok`, 503 with `failing`. */
export const Health = Type.Object({
  status: Type.Enum(['ok', 'failing']),
  problems: Type.Array(Type.Object({ code: Type.String(), message: Type.String() })),
  version: Type.String(),
  media: Type.Object({ up: Type.Integer(), total: Type.Integer() }),
  workers: Type.Object({ up: Type.Integer(), total: Type.Integer() }),
  diskFreeBytes: Type.Optional(Type.Integer()),
});
export type Health = Static<typeof Health>;
