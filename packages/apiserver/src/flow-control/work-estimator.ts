import type { RequestOptions } from '@keelson/api';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { ONE_SEAT, type Work } from './dispatch/work.js';
import type { WatchTracker } from './watch-tracker.js';

export interface WorkEstimatorDependencies {
  /** How many objects a collection has; undefined where there is none. */
  readonly objects: (asked: AuthorizationAttributes) => number | undefined;
  readonly watches: WatchTracker;
}

/** No request takes more. */
export const SEATS_MAX = 10;
const OBJECTS_PER_SEAT = 100;
const WATCHES_PER_SEAT = 10;
/** What an event costs a seat that serves its share of the watches. */
const EVENT_MS = 5;

/** Says how much of the server a request will take, from what it asks for. */
export class WorkEstimator {
  readonly #deps: WorkEstimatorDependencies;

  constructor(dependencies: WorkEstimatorDependencies) {
    this.#deps = dependencies;
  }

  /** `levelMax`: what the request's priority level allows; 0 where it says nothing. */
  estimate(asked: AuthorizationAttributes, options: RequestOptions = {}, levelMax = 0): Work {
    if (asked.nonResourcePath !== undefined) return ONE_SEAT;
    const max = levelMax === 0 ? SEATS_MAX : Math.min(levelMax, SEATS_MAX);
    switch (asked.verb) {
      case 'list':
        return this.#list(asked, options, max);
      case 'watch':
        return showsState(options) ? this.#list(asked, options, max) : ONE_SEAT;
      case 'create':
      case 'update':
      case 'patch':
      case 'delete':
        return this.#write(asked, max);
      default:
        return ONE_SEAT;
    }
  }

  #list(asked: AuthorizationAttributes, options: RequestOptions, max: number): Work {
    const stored = this.#deps.objects(asked);
    if (asked.name !== '' || stored === undefined) return ONE_SEAT;
    const { limit = 0 } = options;
    // What is not in the cache is read from the store as well.
    const objects = isOfThePast(options) ? stored + (limit > 0 ? Math.min(limit, stored) : stored) : stored;
    const initialSeats = Math.min(max, Math.max(1, Math.ceil(objects / OBJECTS_PER_SEAT)));
    return initialSeats === 1 ? ONE_SEAT : { initialSeats, finalSeats: 0, lingerMs: 0 };
  }

  /** The same work may be done by fewer seats for longer. */
  #write(asked: AuthorizationAttributes, max: number): Work {
    // A token changes nothing that anybody sees.
    if (asked.resource === 'serviceaccounts' && asked.subresource === 'token') return ONE_SEAT;
    const watches = this.#deps.watches.interestedIn(asked);
    if (watches < WATCHES_PER_SEAT) return { ...ONE_SEAT, watches };
    const seats = Math.ceil(watches / WATCHES_PER_SEAT);
    const finalSeats = Math.min(seats, max);
    return { initialSeats: 1, finalSeats, lingerMs: (seats * EVENT_MS) / finalSeats, watches };
  }
}

/** A watch that begins with what is there. */
function showsState({ sendInitialEvents, resourceVersion = '' }: RequestOptions): boolean {
  return sendInitialEvents === true || resourceVersion === '' || resourceVersion === '0';
}

function isOfThePast({
  continueToken = '',
  resourceVersion = '',
  resourceVersionMatch = '',
  limit = 0,
}: RequestOptions) {
  if (continueToken !== '' || resourceVersionMatch === 'Exact') return true;
  return resourceVersionMatch === '' && limit > 0 && resourceVersion !== '' && resourceVersion !== '0';
}
