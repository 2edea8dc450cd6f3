import { type KubeObject, objectKey } from '@keelson/api';
import type { Informer, InformerOptions, Resource } from '@keelson/client';
import { type Decision, NOTHING } from './actions.js';
import { type Concurrency, type Controller, type ControllerContext, KeyedLoop, splitKey } from './controller.js';
import { runDecisions } from './decisions.js';

/** Where a decision takes what it knows from, and what brings the next one. */
export interface Sources<T extends KubeObject> extends ControllerContext {
  /** The objects that are decided on; each change of one is a reason to look at it. */
  readonly owners: Informer<T>;
  readonly loop: KeyedLoop;
}

/**
 * Decides about one object. Reads caches, writes nothing, and returns soon; what no cache has may be asked for first.
 */
export type Decide<T> = (object: T, now: number) => Decision | Promise<Decision>;

type Selection = Pick<InformerOptions<KubeObject>, 'namespace' | 'labelSelector' | 'fieldSelector'>;

/** A controller that is a decision: what is done about it, and when it may be made again, is the same for all. */
export interface Reconciler<T extends KubeObject> {
  /** Upstream's. */
  readonly name: string;
  readonly resource: Resource<T>;
  /** Which of them; all, if absent. */
  readonly selection?: Selection;
  readonly concurrency: Concurrency;
  readonly eventSource?: string;
  /** Asks for the informers of all else it looks at, and feeds the loop with the keys that their changes concern. */
  setUp(sources: Sources<T>): Decide<T> | { readonly decide: Decide<T>; readonly absent?: (key: string) => Decision };
}

export function reconciler<T extends KubeObject>(definition: Reconciler<T>): Controller {
  const { name, resource, concurrency, selection = {}, eventSource } = definition;
  return {
    name,
    concurrency,
    ...(eventSource === undefined ? {} : { eventSource }),
    setUp(context) {
      const owners = context.informers.for<T>(resource, selection);
      const loop = new KeyedLoop(name, context);
      loop.feed(owners, (it) => [objectKey(it)]);
      const made = definition.setUp({ ...context, owners, loop });
      const { decide, absent } = typeof made === 'function' ? { decide: made, absent: undefined } : made;
      return () =>
        runDecisions(loop, context, {
          workers: context.workersOf(concurrency),
          owners: owners as unknown as Informer<KubeObject>,
          async decide(key, now) {
            const { namespace, name } = splitKey(key);
            const subject = owners.get(namespace, name);
            const decision = subject === undefined ? (absent?.(key) ?? NOTHING) : await decide(subject, now);
            return { subject, decision };
          },
        });
    },
  };
}
