// The logging port: what pino offers and a test double can. The message is a constant noun-action phrase;
// everything variable is a field.

/** Fields of a log line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes structured log lines; `child` binds fields once for an object's life. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Log;
}

/** A log that writes nothing. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
