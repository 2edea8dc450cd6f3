import { deepEqual, type Node } from '@keelson/api';
import type { AdmissionAttributes } from '../admission.js';
import { forbiddenLabels } from './node-labels.js';
import { Refused } from './refused.js';

/** A node writes its own object, and nothing in it that draws pods to it which are not meant for it. */
export function checkNode(node: string, { operation, object, old }: AdmissionAttributes): void {
  const { metadata, spec = {} } = object as Node;
  const name = metadata.name ?? '';
  if (name !== node) throw new Refused(`node "${node}" is not allowed to modify node "${name}"`);
  if (operation === 'CREATE') {
    if (spec.configSource != null)
      throw new Refused(`node "${node}" is not allowed to create pods with a non-nil configSource`);
    const labels = forbiddenLabels(metadata.labels);
    if (labels.length > 0)
      throw new Refused(`node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`);
  }
  if (operation !== 'UPDATE') return;
  const before = old as Node;
  if (spec.configSource != null && !deepEqual(spec.configSource, before.spec?.configSource))
    throw new Refused(`node "${node}" is not allowed to update configSource to a new non-nil configSource`);
  if (!deepEqual(spec.taints ?? [], before.spec?.taints ?? []))
    throw new Refused(`node "${node}" is not allowed to modify taints`);
  const labels = forbiddenLabels(metadata.labels, before.metadata.labels);
  if (labels.length > 0) throw new Refused(`is not allowed to modify labels: ${labels.join(', ')}`);
  // Whoever owns a node has it deleted by going away.
  if (!deepEqual(metadata.ownerReferences ?? [], before.metadata.ownerReferences ?? []))
    throw new Refused(`node "${node}" is not allowed to modify ownerReferences`);
}
