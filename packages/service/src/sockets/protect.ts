import { channel } from 'node:diagnostics_channel';

/** Where errors of event handlers are told; a process that runs by `Lifecycle` logs them. */
export const handlerErrors = channel('keelson.handler-error');

/** Something with listeners that can be ended: a socket, a stream, a call. */
export interface Connection {
  on(event: 'error', listener: (error: Error) => void): unknown;
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

/**
 * Keeps what happens to one connection away from the process: its errors always have a listener, and what any of its
 * listeners throws ends the connection by `end` and nothing else.
 */
export function protect<C extends Connection>(connection: C, end: (connection: C, error: unknown) => void): C {
  connection.on('error', () => {});
  containListeners(connection, (error) => end(connection, error));
  return connection;
}

/** What a listener of `emitter` throws is told and given to `end`, with what the listener was called with. */
export function containListeners(
  emitter: { emit(event: string | symbol, ...args: unknown[]): boolean },
  end: (error: unknown, args: readonly unknown[]) => void,
): void {
  const emit = emitter.emit;
  emitter.emit = (event, ...args) => {
    try {
      return emit.call(emitter, event, ...args);
    } catch (error) {
      tellHandlerError(error);
      end(error, args);
      return true;
    }
  };
}

export function tellHandlerError(error: unknown): void {
  if (handlerErrors.hasSubscribers) handlerErrors.publish(error);
  else process.emitWarning(error instanceof Error ? error : String(error));
}
