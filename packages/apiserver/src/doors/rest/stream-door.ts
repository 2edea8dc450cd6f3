import type { ResourcePath, ResourceRequest } from '@keelson/api';
import type { Upgrade } from '@keelson/service/web-socket';
import type { RequestContext } from '../../registry/context.js';
import type { Response } from './exchange.js';

/** Serves the subresources that are streams: logs, exec, attach, port-forward. */
export interface StreamDoor {
  handles(path: ResourcePath): boolean;
  serve(request: ResourceRequest, query: URLSearchParams, context: RequestContext, response: Response): Promise<void>;
  upgrade(path: ResourcePath, query: URLSearchParams, context: RequestContext, upgrade: Upgrade): Promise<void>;
}
