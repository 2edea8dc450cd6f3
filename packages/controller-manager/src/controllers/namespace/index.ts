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
import { withCondition } from '../../framework/conditions.js';
import { type Controller, type ControllerContext, KeyedLoop } from '../../framework/controller.js';
import { deletableResources } from '../../framework/kinds.js';
import { Remains } from './conditions.js';

const FINALIZER = 'kubernetes';
const WORKERS = 4;
const LOOK_AGAIN_MS = 1_000;

/** Empties a namespace that is being deleted, then lets it go. */
export const namespaceController: Controller = {
  name: 'namespace',
  setUp(context) {
    const namespaces = context.informers.for(resources.namespaces);
    const contents = deletableResources().filter((it) => it.namespaced);
    const loop = new KeyedLoop('namespace', context);
    loop.feed(namespaces, (it) => (it.metadata.deletionTimestamp === undefined ? [] : [it.metadata.name ?? '']));
    return () =>
      loop.run(WORKERS, async (name) => {
        const namespace = namespaces.get('', name);
        if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
        if (!(namespace.spec?.finalizers ?? []).includes(FINALIZER)) return undefined;
        return empty(context, namespace, contents);
      });
  },
};

/** Pods go first and alone: while one is there, what it works with stays. */
async function empty(
  context: ControllerContext,
  namespace: Namespace,
  contents: readonly Resource[],
): Promise<number | undefined> {
  const isPods = ({ group, plural }: Resource) => group === '' && plural === 'pods';
  const remains = new Remains();
  for (const resource of contents.filter(isPods)) await clear(context, namespace, resource, remains);
  if (remains.isEmpty) {
    for (const resource of contents.filter((it) => !isPods(it))) await clear(context, namespace, resource, remains);
  }
  await report(context, namespace, remains);
  if (remains.errors.length > 0) throw new Error(remains.errors.join(', '));
  if (!remains.isEmpty) return LOOK_AGAIN_MS;
  await finalize(context, namespace.metadata.name ?? '');
  return undefined;
}

/** Deletes what there is of a resource and notes what is left of it. One that cannot be deleted keeps no other. */
async function clear(
  { client, clock }: ControllerContext,
  namespace: Namespace,
  resource: Resource,
  remains: Remains,
): Promise<void> {
  const name = namespace.metadata.name ?? '';
  try {
    const { items } = await client.list(resource, { namespace: name });
    if (items.length === 0) return;
    const age = (clock.now() - Date.parse(namespace.metadata.deletionTimestamp ?? '')) / 1000;
    const mayTakeTime = age < Math.max(0, ...items.map(graceOf));
    await client.deleteCollection(resource, { namespace: name }, { propagationPolicy: 'Background' });
    const left: KubeObject[] = (await client.list(resource, { namespace: name })).items;
    remains.add(resource, left);
    const isHeld = left.some((it) => (it.metadata.finalizers ?? []).length > 0);
    if (left.length === 0 || isHeld || mayTakeTime) return;
    const { group, version, plural } = resource;
    const what = `${group}/${version}, Resource=${plural}`;
    remains.errors.push(`unexpected items still remain in namespace: ${name} for gvr: ${what}`);
  } catch (error) {
    remains.errors.push(error instanceof Error ? error.message : String(error));
  }
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
