/** What the subresources `resize` and `ephemeralcontainers` of a pod that is there may change. */
import { type FieldError, forbidden, invalid, type Path, path as pathOf, quote } from '../../../field-errors.js';
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../../gen/types.js';
import { semanticEqual } from '../../../object.js';
import { qosClass } from './resources.js';

const spec = pathOf('spec');
const MIRROR = 'kubernetes.io/config.mirror';
const MUTABLE: readonly string[] = ['cpu', 'memory'];
const LISTS = ['containers', 'initContainers'] as const;

/**
 * The old spec with the wanted resources in it. Where containers come, go or change their names or order it is the
 * wanted one whole, for the validation to refuse.
 */
export function resizedSpec(wanted: PodSpec, old: PodSpec): PodSpec {
  if (LISTS.some((list) => (wanted[list] ?? []).length !== (old[list] ?? []).length)) return wanted;
  const next = { ...old };
  setOrDelete(next, 'resources', wanted.resources);
  for (const list of LISTS) if (old[list] !== undefined) next[list] = resized(wanted[list] ?? [], old[list]);
  return next;
}

function resized(wanted: Container[], old: readonly Container[]): Container[] {
  if (wanted.some(({ name }, index) => name !== old[index]?.name)) return wanted;
  return old.map((container, index) => {
    const next = { ...container };
    setOrDelete(next, 'resources', wanted[index]?.resources);
    setOrDelete(next, 'resizePolicy', wanted[index]?.resizePolicy);
    return next;
  });
}

/** What a resize may change, of a pod whose spec by itself is valid; `only`: nothing else about it is worth saying. */
export function validateResize(next: Pod, old: Pod): { only: boolean; errors: FieldError[] } {
  const whole = '';
  if (isMirror(old)) return { only: true, errors: [forbidden(whole, 'static pods cannot be resized')] };
  if (old.spec?.os?.name === 'windows') {
    return { only: true, errors: [forbidden(whole, 'windows pods cannot be resized')] };
  }
  return { only: false, errors: resizeErrors(next, old) };
}

function resizeErrors(next: Pod, old: Pod): FieldError[] {
  const [now, before] = [next.spec ?? {}, old.spec ?? {}];
  const errors: FieldError[] = [];
  if ((old.status?.qosClass || qosClass(before)) !== qosClass(now)) {
    const text = 'Pod QOS Class may not change as a result of resizing';
    errors.push(invalid(spec, next.status?.qosClass ?? '', text));
  }
  if (!canResize(old)) errors.push(forbidden(spec, 'Pod running on node without support for resize'));
  const masked = { ...now };
  if (isSet(before.resources) || isSet(now.resources)) errors.push(...podLevelErrors(now, before, masked));
  if ((old.status?.nodeAllocatableResourceClaimStatuses ?? []).length > 0) {
    errors.push(forbidden(spec, 'pods with node allocatable resource claims cannot be resized'));
  }
  const order = LISTS.flatMap((list) => sameOrder(now[list] ?? [], before[list] ?? [], list));
  if (order.length > 0) return [...errors, ...order];

  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (now[list] ?? []).entries()) {
      const at = spec.child(list).index(index).child('resources');
      errors.push(...nothingRemoved(container.resources, before[list]?.[index]?.resources, at, 'resource'));
    }
  }
  for (const list of LISTS) {
    if (now[list] === undefined) continue;
    masked[list] = now[list].map((container, index) => {
      const was = before[list]?.[index] ?? {};
      const rest = withOldAmounts(container, was);
      errors.push(...containerErrors(list, index, container, was, rest));
      return rest;
    });
  }
  if (errors.length > 0 || semanticEqual(masked, before)) return errors;
  return [forbidden(spec, 'only cpu and memory resources are mutable')];
}

function containerErrors(
  list: (typeof LISTS)[number],
  index: number,
  container: Container,
  was: Container,
  rest: Container,
): FieldError[] {
  const same = semanticEqual(rest, was);
  if (list === 'containers') return same ? [] : [forbidden(spec, 'only cpu and memory resources are mutable')];
  const at = spec.child(list).index(index);
  const errors = same
    ? []
    : [forbidden(at, 'only cpu and memory resources for init or sidecar containers are mutable')];
  const restarts = rest.resizePolicy?.some(({ restartPolicy }) => restartPolicy === 'RestartContainer') ?? false;
  if (container.restartPolicy !== 'Always' && restarts && !semanticEqual(container, was)) {
    const text = 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized';
    errors.push(forbidden(at, text));
  }
  return errors;
}

/** A node that can resize tells what its running containers have. */
function canResize({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function isMirror({ metadata }: Pod): boolean {
  return Object.hasOwn(metadata.annotations ?? {}, MIRROR);
}

function isSet(resources: ResourceRequirements | undefined): boolean {
  return Object.keys({ ...resources?.requests, ...resources?.limits }).length > 0;
}

function podLevelErrors(now: PodSpec, before: PodSpec, masked: PodSpec): FieldError[] {
  const at = spec.child('resources');
  if (before.resources !== undefined && now.resources === undefined) {
    return [forbidden(at, 'pod-level resources cannot be removed')];
  }
  const errors = nothingRemoved(now.resources, before.resources, at, 'pod-level resource');
  const rest = now.resources && amountsOf(now.resources, before.resources);
  const isNew = before.resources === undefined && rest !== undefined && !isSet(rest) && !rest.claims?.length;
  setOrDelete(masked, 'resources', isNew ? undefined : rest);
  if (!semanticEqual(masked.resources, before.resources)) {
    errors.push(forbidden(spec, 'only cpu and memory resources are mutable at pod-level'));
  }
  return errors;
}

function sameOrder(now: readonly Container[], before: readonly Container[], list: string): FieldError[] {
  const at = spec.child(list);
  if (now.length !== before.length) return [forbidden(at, `${list} may not be added or removed on resize`)];
  return before.flatMap(({ name }, index) =>
    now[index]?.name === name
      ? []
      : [forbidden(at.index(index).child('name'), `${list} may not be renamed or reordered on resize`)],
  );
}

function nothingRemoved(
  now: ResourceRequirements | undefined,
  before: ResourceRequirements | undefined,
  at: Path,
  what: string,
): FieldError[] {
  return (['requests', 'limits'] as const).flatMap((field) => {
    const kept = Object.keys(before?.[field] ?? {}).every((name) => Object.hasOwn(now?.[field] ?? {}, name));
    return kept ? [] : [forbidden(at.child(field), `${what} ${field} cannot be removed`)];
  });
}

/** The container with the CPU and memory that it had. */
function withOldAmounts(container: Container, was: Container): Container {
  const { requests, limits } = amountsOf(container.resources ?? {}, was.resources);
  return { ...container, resources: { requests, limits } };
}

function amountsOf(now: ResourceRequirements, before: ResourceRequirements | undefined): ResourceRequirements {
  const put = (field: 'requests' | 'limits') => {
    const others = Object.entries(now[field] ?? {}).filter(([name]) => !MUTABLE.includes(name));
    const olds = Object.entries(before?.[field] ?? {}).filter(([name]) => MUTABLE.includes(name));
    return Object.fromEntries([...others, ...olds]);
  };
  return { ...now, requests: put('requests'), limits: put('limits') };
}

function setOrDelete<T extends object, K extends keyof T>(target: T, field: K, value: T[K] | undefined): void {
  if (value === undefined) delete target[field];
  else target[field] = value;
}

/** Containers come to look into a running pod; none ever goes or changes. */
export function validateEphemeralContainers(next: Pod, old: Pod): { only: boolean; errors: FieldError[] } {
  if (isMirror(old)) {
    return { only: true, errors: [forbidden('', 'static pods do not support ephemeral containers')] };
  }
  const now = new Map((next.spec?.ephemeralContainers ?? []).map((it) => [it.name, it]));
  const errors = (old.spec?.ephemeralContainers ?? []).flatMap((before) => {
    const same = now.get(before.name);
    if (same !== undefined && semanticEqual(same, before)) return [];
    const what = same === undefined ? 'removed' : 'changed';
    const text = `existing ephemeral containers ${quote(before.name ?? '')} may not be ${what}\n`;
    return [forbidden(spec.child('ephemeralContainers'), text)];
  });
  return { only: false, errors };
}
