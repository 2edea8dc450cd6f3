import { type DestinationStream, type Logger as PinoLogger, pino, stdSerializers, stdTimeFunctions } from 'pino';

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
      serializers: { err: shownError, reason: shownError, cause: shownError },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
}

/**
 * An error as it may be written into a log: V8 quotes what it could not read as JSON, and that may be anybody's secret.
 */
function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return withoutInput(error);
  const fields = Object.entries(stdSerializers.err(error));
  return Object.fromEntries(fields.map(([name, value]) => [name, withoutInput(value)]));
}

function withoutInput(value: unknown): unknown {
  return typeof value === 'string' ? withoutQuotedInput(value) : value;
}

export function withoutQuotedInput(text: string): string {
  return text.replace(/Unexpected token .* is not valid JSON/gs, 'not valid JSON');
}

export const silentLogger: Logger = pino({ level: 'silent' });
