import { ApiError, apiErrors, type ResourceRequest } from '@keelson/api';
import type { CallOptions, RawWatchEvent, Transport } from '@keelson/client';
import type { ManualClock } from '@keelson/service/testing';
import type { Dice } from '../sim/dice.js';

/** How bad the way between a process and its API server is. All are chances of a request or an event. */
export interface Weather {
  /** The request is refused before it does anything. */
  readonly refused: number;
  /** It does what it should, and the answer is lost. */
  readonly lost: number;
  /** It takes seconds. */
  readonly slow: number;
  /** A watch ends behind an event. */
  readonly dropped: number;
  /** A watch falls seconds behind: what it feeds shows the past. */
  readonly behind: number;
}

export const FAIR: Weather = { refused: 0, lost: 0, slow: 0, dropped: 0, behind: 0 };

export interface FaultyTransportDependencies {
  readonly server: Transport;
  readonly clock: ManualClock;
  readonly dice: Dice;
  /** As it is at the moment. */
  readonly weather: () => Weather;
  readonly note: (line: string) => void;
}

/** One process's way to the API server. Once cut nothing comes through any more, in either direction. */
export class FaultyTransport implements Transport {
  readonly #deps: FaultyTransportDependencies;
  #isCut = false;

  constructor(dependencies: FaultyTransportDependencies) {
    this.#deps = dependencies;
  }

  /** As when the process is killed: of what is under way some still happens, but nobody hears of it. */
  cut(): void {
    this.#isCut = true;
  }

  async call(request: ResourceRequest, options: CallOptions) {
    const { server, clock, dice, weather, note } = this.#deps;
    const { refused, lost, slow } = weather();
    const isWrite = request.verb !== 'get' && request.verb !== 'list';
    const still = dice.chance(0.5);
    await clock.sleep(dice.chance(slow) ? dice.between(500, 4_000) : dice.between(0.5, 8));
    if (this.#isCut && !(isWrite && still)) return forever();
    if (dice.chance(refused)) {
      note(`refused: ${textOf(request)}`);
      throw dice.chance(0.5) ? unavailable() : apiErrors.tooManyRequests('the server is busy', 1);
    }
    const answer = server.call(request, options);
    const settled = await answer.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if (this.#isCut) return forever();
    if (isWrite && dice.chance(lost)) {
      note(`answer lost: ${textOf(request)}`);
      throw unavailable();
    }
    await clock.sleep(dice.between(0.2, 4));
    if (this.#isCut) return forever();
    if ('error' in settled) throw settled.error;
    return settled.value;
  }

  async *watch(request: ResourceRequest, options: CallOptions): AsyncIterable<RawWatchEvent> {
    const { server, clock, dice, weather, note } = this.#deps;
    if (this.#isCut) await forever();
    for await (const event of server.watch(request, options)) {
      const { dropped, behind } = weather();
      if (dice.chance(behind)) {
        const milliseconds = dice.between(500, 15_000);
        note(`the watch of ${request.path.resource} falls ${Math.round(milliseconds)} ms behind`);
        await clock.sleep(milliseconds);
      } else await clock.sleep(dice.between(0.1, 5));
      if (this.#isCut) await forever();
      yield event;
      if (dice.chance(dropped)) {
        note(`the watch of ${request.path.resource} ends`);
        return;
      }
    }
  }

  discover(options: Pick<CallOptions, 'signal'>) {
    return this.#deps.server.discover(options);
  }

  close(): void {
    this.cut();
  }
}

export function textOf({ verb, path }: ResourceRequest): string {
  return `${verb} ${path.resource}${path.subresource ? `/${path.subresource}` : ''} ${path.name}`;
}

function unavailable(): ApiError {
  return new ApiError({ code: 503, reason: 'ServiceUnavailable', message: 'the connection broke' });
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
