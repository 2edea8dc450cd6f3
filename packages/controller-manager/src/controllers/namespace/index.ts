import {
  deepEqual,
  isApiError,
  type KubeObject,
  type Namespace,
  type NamespaceCondition,
  type Pod,
} from '@keelson/api';
import { type Resource, resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import type { ServedResource } from '../../framework/catalogue.js';
import { withCondition } from '../../framework/conditions.js';
import { type Controller, type ControllerContext, KeyedLoop } from '../../framework/controller.js';
import { Remains } from './conditions.js';

const FINALIZER = 'kubernetes';
const WORKERS = 4;
const LOOK_AGAIN_MS = 1_000;

/** Empties a namespace that is being deleted, then lets it go. */
export const namespaceController: Controller = {
  name: 'namespace',
  setUp(context) {
    const namespaces = context.informers.for(resources.namespaces);
    const emptying = new Map<string, number>();
    namespaces.addHandler({ onDelete: ({ metadata }) => emptying.delete(metadata.uid ?? '') });
    const loop = new KeyedLoop('namespace', context);
    loop.feed(namespaces, (it) => (it.metadata.deletionTimestamp === undefined ? [] : [it.metadata.name ?? '']));
    return () =>
      loop.run(WORKERS, async (name) => {
        const namespace = namespaces.get('', name);
        if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
        if (!(namespace.spec?.finalizers ?? []).includes(FINALIZER)) return undefined;
        const { uid = '' } = namespace.metadata;
        const begun = emptying.get(uid) ?? context.kinds.now();
        emptying.set(uid, begun);
        try {
          return await empty(context, namespace, begun);
        } catch (error) {
          // Whatever failed may do so because what is served has changed.
          emptying.set(uid, context.kinds.now());
          throw error;
        }
      });
  },
};

/** Pods go first and alone: while one is there, what it works with stays. */
async function empty(context: ControllerContext, namespace: Namespace, begun: number): Promise<number | undefined> {
  const isPods = ({ group, plural }: Resource) => group === '' && plural === 'pods';
  const remains = new Remains();
  const contents = await contentsOf(context, begun, remains);
  for (const resource of contents.filter(isPods)) await clear(context, namespace, resource, remains);
  if (!remains.hasContent && remains.errors.length === 0) {
    for (const resource of contents.filter((it) => !isPods(it))) await clear(context, namespace, resource, remains);
  }
  await report(context, namespace, remains);
  if (remains.failures.length > 0) throw new Error(remains.failures.join(', '));
  if (remains.hasContent) return LOOK_AGAIN_MS;
  await finalize(context, namespace.metadata.name ?? '');
  return undefined;
}

/**
 * What may be in a namespace: of all kinds that were served when it began to go, for no object can be made in it since
 * then. Of what is not known it is said, and what is known goes all the same.
 */
async function contentsOf(
  { kinds }: ControllerContext,
  begun: number,
  remains: Remains,
): Promise<readonly ServedResource[]> {
  const told = await kinds.since(begun).catch((error: unknown) => {
    remains.undiscovered(error instanceof Error ? error.message : String(error));
    return undefined;
  });
  if (told !== undefined && told.failures.size > 0) remains.undiscovered(told.failures);
  const catalogue = told ?? kinds.current;
  if (catalogue === undefined) return [];
  remains.unparsed(catalogue.unparsable[0]);
  return catalogue.preferred.filter((it) => it.namespaced && it.verbs.includes('delete'));
}

/** Deletes what there is of a resource and notes what is left of it. One that cannot be deleted keeps no other. */
async function clear(
  context: ControllerContext,
  namespace: Namespace,
  resource: ServedResource,
  remains: Remains,
): Promise<void> {
  try {
    await clearServed(context, namespace, resource, remains);
  } catch (error) {
    // Of a kind that went meanwhile, or of which nothing can be listed, there is nothing to do.
    if (isApiError(error, 'NotFound') || isApiError(error, 'MethodNotAllowed')) return;
    remains.errors.push(error instanceof Error ? error.message : String(error));
  }
}

async function clearServed(
  { client, clock }: ControllerContext,
  namespace: Namespace,
  resource: ServedResource,
  remains: Remains,
): Promise<void> {
  const name = namespace.metadata.name ?? '';
  const options = { propagationPolicy: 'Background' } as const;
  const isListed = resource.verbs.includes('list');
  const items: KubeObject[] = isListed ? (await client.list(resource, { namespace: name })).items : [];
  if (isListed && items.length === 0) return;
  const age = (clock.now() - Date.parse(namespace.metadata.deletionTimestamp ?? '')) / 1000;
  const mayTakeTime = age < Math.max(0, ...items.map(graceOf));
  if (resource.verbs.includes('deletecollection')) {
    await client.deleteCollection(resource, { namespace: name }, options);
  } else {
    for (const { metadata } of items) {
      await client.delete(resource, { namespace: name, name: metadata.name ?? '' }, options).catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
    }
  }
  if (!isListed) return;
  const left: KubeObject[] = (await client.list(resource, { namespace: name })).items;
  remains.add(resource, left);
  const isHeld = left.some((it) => (it.metadata.finalizers ?? []).length > 0);
  if (left.length === 0 || isHeld || mayTakeTime) return;
  const { group, version, plural } = resource;
  const what = `${group}/${version}, Resource=${plural}`;
  remains.errors.push(`unexpected items still remain in namespace: ${name} for gvr: ${what}`);
}

/** The seconds that an object may take to go. */
function graceOf(object: KubeObject): number {
  const { spec, status } = object as Pod;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  return Number(spec?.terminationGracePeriodSeconds ?? 0);
}

async function finalize({ client }: ControllerContext, name: string): Promise<void> {
  try {
    const current = await client.get(resources.namespaces, { name });
    const finalizers = (current.spec?.finalizers ?? []).filter((it) => it !== FINALIZER);
    await client.update(
      resources.namespaces,
      { ...current, spec: { ...current.spec, finalizers } },
      { subresource: 'finalize' },
    );
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

async function report({ client, clock }: ControllerContext, namespace: Namespace, remains: Remains): Promise<void> {
  const now = rfc3339(clock.now());
  const before = namespace.status?.conditions ?? [];
  let conditions = before;
  for (const condition of remains.conditions())
    conditions = withCondition<NamespaceCondition>(conditions, condition, now);
  if (deepEqual(conditions, before)) return;
  const next = { ...namespace, status: { ...namespace.status, conditions } };
  try {
    await client.update(resources.namespaces, next, { subresource: 'status' });
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}
