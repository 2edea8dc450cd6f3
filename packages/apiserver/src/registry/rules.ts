import type { FieldError, KubeObject } from '@keelson/api';
import type { User } from '../auth/user.js';
import type { Claims } from '../storage/object-store.js';

/** What a kind asks of the API server beyond what its definition says; for most kinds nothing. */
export interface ResourceRules {
  /** The seconds after which the store forgets an object by itself. */
  timeToLive?(object: KubeObject): number | undefined;
  /** Keys to hold together with the object; `next` or `old` is absent when it is deleted or created. */
  claims?(next: KubeObject | undefined, old: KubeObject | undefined): Claims;
  /** Whether a deleted object has to stay for a reason other than finalizers in its metadata. */
  isHeld?(object: KubeObject): boolean;
  /** Changes an object in place when its deletion begins. */
  onMarked?(object: KubeObject): void;
  /** Marks an object in place whose deletion begins, of a kind whose deletion always begins so. */
  mark?(object: KubeObject, nowMs: number): void;
  /** Throws where there are to be no more of them. */
  checkCreate?(name: string): void;
  /** A deletion that is done at once answers with the object rather than a Status. */
  readonly returnsDeleted?: boolean;
  /** Fills in what the server allocates, in place, after admission, before anything else. `old`: on update. */
  allocate?(object: KubeObject, old: KubeObject | undefined, by: { user: User; dryRun: boolean }): void;
  /** What is wrong with an object for a reason that is not in it, told before what its kind finds. `part`: of an update. */
  check?(next: KubeObject, old: KubeObject | undefined, part: string): Promise<readonly FieldError[]>;
  /** Top-level fields beside the status that no client manages. */
  readonly resetFields?: readonly string[];
}
