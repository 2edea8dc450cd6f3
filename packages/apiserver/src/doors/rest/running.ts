import { hasLeft } from './exchange.js';

/**
 * The requests that a door serves. Each has a signal that aborts when its client leaves or the server stops.
 * `AbortSignal.any` would do the same at a multiple of the cost, and keep something of every request on the signal
 * that lives as long as the server.
 */
export class Running {
  readonly #controllers = new Set<AbortController>();
  #stopped: Error | undefined;

  /** Most requests are answered before anybody asks for their signal: it is made when one does. */
  waiting(client: Parameters<Running['signalFor']>[0]): { readonly signal: AbortSignal } {
    let signal: AbortSignal | undefined;
    const signalFor = () => this.signalFor(client);
    return {
      get signal() {
        signal ??= signalFor();
        return signal;
      },
    };
  }

  signalFor(client: { once(event: 'close', run: () => void): unknown }): AbortSignal {
    const controller = new AbortController();
    if (this.#stopped !== undefined) controller.abort(this.#stopped);
    const leave = () => {
      this.#controllers.delete(controller);
      controller.abort(new Error('the client left'));
    };
    this.#controllers.add(controller);
    if (hasLeft(client)) leave();
    else client.once('close', leave);
    return controller.signal;
  }

  /** Aborts all that run, and all that come. */
  stop(reason: Error): void {
    this.#stopped = reason;
    for (const controller of this.#controllers) controller.abort(reason);
  }
}
