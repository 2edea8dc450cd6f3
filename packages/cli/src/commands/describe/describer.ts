import type { KubeObject } from '@keelson/api';
import type { Cluster } from '../../cluster/cluster.js';
import type { Description } from './description.js';

export interface Scene {
  readonly cluster: Cluster;
  readonly now: Date;
}

/** Writes what is worth knowing of one kind of object; the events follow by themselves. */
export type Describer<T extends KubeObject> = (out: Description, object: T, scene: Scene) => void | Promise<void>;
