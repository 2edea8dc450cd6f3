import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';

export type Logger = PinoLogger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * JSON lines on stderr. Levels: `error` needs a person, `warn` was handled but should not happen often, `info` is what
 * an operator wants to read of a healthy process, `debug` is for developers.
 */
export function createLogger(
  component: string,
  options: { level?: LogLevel; instance?: string | undefined; destination?: DestinationStream } = {},
): Logger {
  const base = options.instance === undefined ? { component } : { component, instance: options.instance };
  return pino(
    {
      level: options.level ?? 'info',
      base,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
}

export const silentLogger: Logger = pino({ level: 'silent' });
