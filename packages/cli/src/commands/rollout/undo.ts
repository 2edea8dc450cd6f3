import { type ControllerRevision, deepClone, deepEqual, type KubeObject, type PodTemplateSpec } from '@keelson/api';
import type { Cluster } from '../../cluster/cluster.js';
import { CliError } from '../../errors.js';
import type { Found } from '../../resources/found.js';
import { LAST_APPLIED } from '../apply/last-applied.js';
import { REVISION, type Revision, revisionsOf } from './history.js';

const TEMPLATE_HASH = 'pod-template-hash';
/** Annotations that belong to the Deployment and do not come from its past. */
const OWN_ANNOTATIONS = [
  LAST_APPLIED,
  REVISION,
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'deprecated.deployment.rollback.to',
];

/** Brings a workload back to a revision; 0 stands for the one before the last. Says what was done. */
export async function undoRollout(
  cluster: Cluster,
  found: Found,
  toRevision: number,
  dryRun: { dryRun?: string[] },
): Promise<string> {
  const { resource, namespace, name, object } = found;
  const isPaused = (object as unknown as { spec?: { paused?: boolean } }).spec?.paused === true;
  if (isPaused)
    throw new CliError(
      `you cannot rollback a paused deployment; resume it first with 'keelctl rollout resume ${resource.singular}/${name}' and try again`,
    );
  const revision = chooseRevision(await revisionsOf(cluster, found), toRevision, `${resource.singular} "${name}"`);
  const settings = { fieldManager: 'kubectl-rollout', ...dryRun };
  if (resource.plural !== 'deployments') {
    const { data } = revision.source as ControllerRevision;
    if (isTemplateSame(object, revision.template))
      return `skipped rollback (current template already matches revision ${revision.number})`;
    await cluster.client.patch(resource, { namespace, name }, 'strategic', data, settings);
    return 'rolled back';
  }
  const template = withoutHash(revision.template);
  if (isTemplateSame(object, template))
    return `skipped rollback (current template already matches revision ${revision.number})`;
  const patch = [
    { op: 'replace', path: '/spec/template', value: template },
    { op: 'replace', path: '/metadata/annotations', value: annotationsOf(object, revision.source) },
  ];
  await cluster.client.patch(resource, { namespace, name }, 'json', patch, settings);
  return 'rolled back';
}

export function chooseRevision(revisions: readonly Revision[], toRevision: number, what: string): Revision {
  if (toRevision === 0) {
    const previous = revisions.at(-2);
    if (previous === undefined) throw new CliError(`no rollout history found for ${what}`);
    return previous;
  }
  const found = revisions.find((it) => it.number === toRevision);
  if (found === undefined) throw new CliError(`unable to find specified revision ${toRevision} in history`);
  return found;
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  const copy = deepClone(template);
  delete copy?.metadata?.labels?.[TEMPLATE_HASH];
  return copy;
}

function isTemplateSame(object: KubeObject, template: PodTemplateSpec | undefined): boolean {
  return deepEqual((object as unknown as { spec?: { template?: PodTemplateSpec } }).spec?.template, template);
}

function annotationsOf(object: KubeObject, past: KubeObject): Record<string, string> {
  const own = Object.entries(object.metadata.annotations ?? {}).filter(([key]) => OWN_ANNOTATIONS.includes(key));
  const from = Object.entries(past.metadata.annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.includes(key));
  return Object.fromEntries([...from, ...own]);
}
