// The log port on pino: JSON lines on standard error, written synchronously so that the last line before an
// exit is there. Children write their own lines with their own process name.

import type { Log, LogFields } from '@roomtape/media';
import { destination, type Logger, pino } from 'pino';

/** Creates the log of one process. */
export function createPinoLog(options: { level: string; process: string }): Log {
  const base = { process: options.process, pid: process.pid };
  return adapt(
    pino({ level: options.level, base, timestamp: pino.stdTimeFunctions.isoTime }, destination({ fd: 2, sync: true })),
  );
}

function adapt(logger: Logger): Log {
  return {
    debug: (fields, message) => logger.debug(readable(fields), message),
    info: (fields, message) => logger.info(readable(fields), message),
    warn: (fields, message) => logger.warn(readable(fields), message),
    error: (fields, message) => logger.error(readable(fields), message),
    child: (fields) => adapt(logger.child(fields)),
  };
}

function readable(fields: LogFields): LogFields {
  return fields.error instanceof Error ? { ...fields, error: undefined, err: fields.error } : fields;
}
