import { isApiError, type KubeObject, type Namespace, type NamespaceCondition } from '@keelson/api';
import { type Resource, resources } from '@keelson/client';
import { rfc3339 } from '@keelson/service';
import { withCondition } from '../../framework/conditions.js';
import { type Controller, type ControllerContext, KeyedLoop } from '../../framework/controller.js';
import { deletableResources } from '../../framework/kinds.js';

const FINALIZER = 'kubernetes';
const WORKERS = 4;
const LOOK_AGAIN_MS = 1_000;

/** What is left in a namespace, by `resource.group`, and which finalizers hold it. */
interface Remaining {
  readonly counts: ReadonlyMap<string, number>;
  readonly finalizers: ReadonlyMap<string, number>;
}

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

async function empty(
  context: ControllerContext,
  namespace: Namespace,
  contents: readonly Resource[],
): Promise<number | undefined> {
  const { client } = context;
  const name = namespace.metadata.name ?? '';
  const counts = new Map<string, number>();
  const finalizers = new Map<string, number>();
  for (const resource of contents) {
    const { items } = await client.list(resource, { namespace: name });
    if (items.length === 0) continue;
    await client.deleteCollection(resource, { namespace: name }, { propagationPolicy: 'Background' });
    const left = (await client.list(resource, { namespace: name })).items;
    if (left.length > 0) counts.set(textOf(resource), left.length);
    for (const finalizer of left.flatMap((it: KubeObject) => it.metadata.finalizers ?? [])) {
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
  }
  await report(context, namespace, { counts, finalizers });
  if (counts.size > 0) return LOOK_AGAIN_MS;
  await finalize(context, name);
  return undefined;
}

function textOf({ group, plural }: Resource): string {
  return `${plural}.${group}`;
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

async function report({ client, clock }: ControllerContext, namespace: Namespace, remaining: Remaining): Promise<void> {
  const now = rfc3339(clock.now());
  let conditions = namespace.status?.conditions ?? [];
  for (const condition of conditionsOf(remaining))
    conditions = withCondition<NamespaceCondition>(conditions, condition, now);
  if (JSON.stringify(conditions) === JSON.stringify(namespace.status?.conditions ?? [])) return;
  const next = { ...namespace, status: { ...namespace.status, conditions } };
  try {
    await client.update(resources.namespaces, next, { subresource: 'status' });
  } catch (error) {
    if (!isApiError(error, 'NotFound') && !isApiError(error, 'Conflict')) throw error;
  }
}

function conditionsOf({ counts, finalizers }: Remaining): NamespaceCondition[] {
  const condition = (type: string, status: string, reason: string, message: string): NamespaceCondition => ({
    type,
    status,
    reason,
    message,
  });
  const list = (entries: ReadonlyMap<string, number>, what: string) =>
    [...entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${what.replace('#', String(count))}`)
      .join(', ');
  return [
    condition(
      'NamespaceDeletionDiscoveryFailure',
      'False',
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ),
    condition(
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    condition(
      'NamespaceDeletionContentFailure',
      'False',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ),
    counts.size > 0
      ? condition(
          'NamespaceContentRemaining',
          'True',
          'SomeResourcesRemain',
          `Some resources are remaining: ${list(counts, 'has # resource instances')}`,
        )
      : condition('NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed'),
    finalizers.size > 0
      ? condition(
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${list(finalizers, 'in # resource instances')}`,
        )
      : condition(
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ),
  ];
}
