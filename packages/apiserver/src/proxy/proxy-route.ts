import type { ResourcePath } from '@keelson/api';

/** A path through the server to something else: `…/{pods|services|nodes}/NAME/proxy/REST`. */
export interface ProxyRoute {
  readonly type: 'proxy';
  readonly path: ResourcePath;
  /** As it came, with its slash; empty where the path ends with `proxy`. */
  readonly rest: string;
}
