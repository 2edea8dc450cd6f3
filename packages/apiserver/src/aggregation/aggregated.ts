import type { discovery, ResourceRequest } from '@keelson/api';
import type { RequestContext } from '../registry/context.js';
import type { AggregationDoor } from './aggregation-door.js';
import type { RemoteApi } from './remote-apis.js';
import type { ReadForm } from './remote-reads.js';
import type { FindRemote } from './remote-route.js';

/** What a door sees of the servers of other groups. */
export interface Aggregated extends Pick<AggregationDoor, 'serve' | 'upgrade'> {
  readonly find: FindRemote;
  /** The JSON that another server answers with. Rejects with ApiError. */
  read(api: RemoteApi, request: ResourceRequest, form: ReadForm, context: RequestContext): Promise<Buffer>;
  /** What they serve, as they said when they were last asked. */
  resources(): readonly discovery.ServedVersion[];
}
