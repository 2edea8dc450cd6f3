/** What may change in a pod that is there. */
import { isIP } from 'node:net';
import { type FieldError, forbidden, invalid, path as pathOf } from '../../../field-errors.js';
import type { Pod, PodSpec, PodStatus, Toleration } from '../../../gen/types.js';
import { immutableField } from '../../../meta.js';
import { deepClone, identityText, semanticEqual } from '../../../object.js';

const spec = pathOf('spec');

const MAY_CHANGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function validatePodUpdate(next: Pod, old: Pod): FieldError[] {
  const [nextSpec, oldSpec] = [next.spec ?? {}, old.spec ?? {}];
  const counts = (['containers', 'initContainers'] as const).flatMap((field) =>
    sameContainers(nextSpec, oldSpec, field),
  );
  if (counts.length > 0) return counts;
  return [
    ...validateDeadlineUpdate(nextSpec, oldSpec),
    ...onlyAdditions(nextSpec.tolerations ?? [], oldSpec.tolerations ?? []),
    ...onlyFewerGates(nextSpec, oldSpec),
    ...restUnchanged(nextSpec, oldSpec),
  ];
}

function sameContainers(next: PodSpec, old: PodSpec, field: 'containers' | 'initContainers'): FieldError[] {
  const names = (it: PodSpec) => (it[field] ?? []).length;
  if (names(next) === names(old)) return [];
  const what = field === 'containers' ? 'containers' : 'init containers';
  return [
    forbidden(spec.child(field), `pod updates may not add or remove ${what === 'containers' ? what : 'containers'}`),
  ];
}

function validateDeadlineUpdate(next: PodSpec, old: PodSpec): FieldError[] {
  const at = spec.child('activeDeadlineSeconds');
  const [now, before] = [next.activeDeadlineSeconds, old.activeDeadlineSeconds];
  if (now === undefined) {
    return before === undefined ? [] : [invalid(at, null, 'must not update from a positive integer to nil value')];
  }
  if (before === undefined || now <= before) return [];
  return [invalid(at, now, 'must be less than or equal to previous value')];
}

function onlyAdditions(next: readonly Toleration[], old: readonly Toleration[]): FieldError[] {
  const bare = ({ tolerationSeconds: _seconds, ...rest }: Toleration) => rest;
  const kept = new Set(next.map((it) => identityText(bare(it))));
  if (old.every((it) => kept.has(identityText(bare(it))))) return [];
  return [forbidden(spec.child('tolerations'), 'existing toleration can not be modified except its tolerationSeconds')];
}

function onlyFewerGates(next: PodSpec, old: PodSpec): FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map((gate) => gate.name));
  return (next.schedulingGates ?? []).flatMap(({ name }, index) => {
    if (before.has(name)) return [];
    const text = `only deletion is allowed, but found new scheduling gate '${name}'`;
    return [forbidden(spec.child('schedulingGates').index(index).child('name'), text)];
  });
}

/** Puts what may change back to what it was; whatever still differs may not change. */
function restUnchanged(next: PodSpec, old: PodSpec): FieldError[] {
  const masked = deepClone(next);
  for (const field of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (masked[field] ?? []).entries()) {
      const before = old[field]?.[index]?.image;
      if (before !== undefined) container.image = before;
    }
  }
  assign(masked, 'activeDeadlineSeconds', old.activeDeadlineSeconds);
  assign(masked, 'tolerations', old.tolerations);
  assign(masked, 'schedulingGates', old.schedulingGates);
  if ((old.terminationGracePeriodSeconds ?? 0) < 0 && next.terminationGracePeriodSeconds === 1) {
    assign(masked, 'terminationGracePeriodSeconds', old.terminationGracePeriodSeconds);
  }
  if ((old.schedulingGates?.length ?? 0) > 0) maskGated(masked, old);
  return semanticEqual(masked, old) ? [] : [forbidden(spec, MAY_CHANGE)];
}

/** While a pod is held back, its node selector and required affinity may become narrower. */
function maskGated(masked: PodSpec, old: PodSpec): void {
  const before = Object.entries(old.nodeSelector ?? {});
  if (before.every(([key, value]) => masked.nodeSelector?.[key] === value)) {
    assign(masked, 'nodeSelector', old.nodeSelector);
  }
  if (old.affinity?.nodeAffinity === undefined && masked.affinity?.nodeAffinity !== undefined) {
    if (old.affinity === undefined && Object.keys(masked.affinity).length === 1) delete masked.affinity;
    else delete masked.affinity.nodeAffinity;
  }
}

function assign<K extends keyof PodSpec>(target: PodSpec, field: K, value: PodSpec[K]): void {
  if (value === undefined) delete target[field];
  else target[field] = value;
}

const status = pathOf('status');

export function validatePodStatusUpdate(next: Pod, old: Pod): FieldError[] {
  const [now, before]: [PodStatus, PodStatus] = [next.status ?? {}, old.status ?? {}];
  const errors: FieldError[] = [];
  if (
    (now.nominatedNodeName ?? '') !== '' &&
    (old.spec?.nodeName ?? '') !== '' &&
    now.nominatedNodeName !== before.nominatedNodeName
  ) {
    const text = 'may not be specified when `spec.nodeName` is set';
    if (now.nominatedNodeName !== old.spec?.nodeName) errors.push(forbidden(status.child('nominatedNodeName'), text));
  }
  for (const [index, { ip = '' }] of (now.podIPs ?? []).entries()) {
    const text = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
    if (isIP(ip) === 0) errors.push(invalid(status.child('podIPs').index(index), ip, text));
  }
  errors.push(...noRestartOfTerminated(now, before, next.spec ?? {}));
  if (before.qosClass !== undefined && now.qosClass !== before.qosClass) {
    errors.push(...immutableField(now.qosClass, before.qosClass, status.child('qosClass')));
  }
  return errors;
}

/** A container that ended for good does not run again. */
function noRestartOfTerminated(now: PodStatus, before: PodStatus, { restartPolicy }: PodSpec): FieldError[] {
  if (restartPolicy === 'Always') return [];
  const places = new Map(
    (now.containerStatuses ?? []).map((it, index) => [it.name, index]).reverse() as [string, number][],
  );
  return (before.containerStatuses ?? []).flatMap((old) => {
    const ended = old.state?.terminated;
    if (ended === undefined || (restartPolicy === 'OnFailure' && ended.exitCode !== 0)) return [];
    const index = places.get(old.name ?? '') ?? -1;
    const state = now.containerStatuses?.[index]?.state;
    if (index < 0 || state?.terminated !== undefined) return [];
    const at = status.child('containerStatuses').index(index).child('state');
    return [forbidden(at, 'may not be transitioned to non-terminated state')];
  });
}
