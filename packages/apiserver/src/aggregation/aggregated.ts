import type { AggregationDoor } from './aggregation-door.js';
import type { FindRemote } from './remote-route.js';

/** What a door sees of the servers of other groups. */
export interface Aggregated extends Pick<AggregationDoor, 'serve' | 'upgrade'> {
  readonly find: FindRemote;
}
