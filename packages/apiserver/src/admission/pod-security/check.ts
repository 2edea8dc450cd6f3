import { type Container, fieldErrors, type PodSpec } from '@keelson/api';

/** A pod or what pods are made from. */
export interface PodShape {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export type Rule = (pod: PodShape) => Violation | undefined;

/** One thing that pods of a level may not do, as it was said from a minor version on. */
export interface PodCheck {
  readonly id: string;
  readonly level: 'baseline' | 'restricted';
  /** Ascending. */
  readonly versions: readonly {
    readonly since: number;
    readonly rule: Rule;
    /** Checks of the level below that this one says more than. */
    readonly overrides?: readonly string[];
  }[];
}

/** Every container: those that come first, the pod's own, and those that came to look. */
export function containersOf({ spec }: PodShape): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])];
}

export function namesOf(containers: readonly Container[]): string[] {
  return containers.map(({ name = '' }) => name);
}

/** Those of the containers that a rule is broken by, by name. */
export function offenders(pod: PodShape, isBad: (container: Container) => boolean): string[] {
  return namesOf(containersOf(pod).filter(isBad));
}

/** `container "a"`, `containers "a", "b"` */
export function counted(noun: string, names: readonly string[], plural = `${noun}s`): string {
  return `${names.length === 1 ? noun : plural} ${quoted(names)}`;
}

export function quoted(texts: readonly string[]): string {
  return texts.map((text) => `"${text}"`).join(', ');
}

export function sortedSet(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort();
}

/** `pod and container "a"`: who set something. Empty where nobody did. */
export function setters(isPod: boolean, containers: readonly string[]): string {
  const all = [...(isPod ? ['pod'] : []), ...(containers.length > 0 ? [counted('container', containers)] : [])];
  return all.join(' and ');
}

/** `key="value"`, as annotations are told. */
export function annotationText(key: string, value: string): string {
  return `${key}=${fieldErrors.quote(value)}`;
}

export function isWindows({ spec }: PodShape): boolean {
  return spec.os?.name === 'windows';
}

/** A pod whose users are not the node's. */
export function hasOwnUsers({ spec }: PodShape): boolean {
  return spec.hostUsers === false;
}

/** The rule for all but some pods. */
export function unless(isExcused: (pod: PodShape) => boolean, rule: Rule): Rule {
  return (pod) => (isExcused(pod) ? undefined : rule(pod));
}
