/** What a pod or a template of pods is warned of: what is old, without effect, or likely a mistake. */
import { type Path, path, quote } from '../../../field-errors.js';
import type {
  Container,
  ContainerPort,
  ObjectMeta,
  PodAffinityTerm,
  PodSpec,
  PodTemplateSpec,
  Volume,
  WeightedPodAffinityTerm,
} from '../../../gen/types.js';
import type { KubeObject } from '../../../kind.js';
import { dns1123LabelErrors } from '../../../names.js';
import { quantityMilliValue } from '../../../quantity.js';
import { oldLabelAt, oldLabelNamed, oldLabelsInExpressions } from '../../node-labels.js';

const TEMPLATE = path('spec', 'template');

type Meta = Pick<ObjectMeta, 'annotations'>;

/** `at` leads to what holds `metadata` and `spec`; the root of a pod is the empty path. */
export function podWarnings(spec: PodSpec, metadata: Meta, at: Path): string[] {
  const own = at.child('spec');
  return [
    ...nodeLabelWarnings(spec, own),
    ...annotationWarnings(metadata, at.child('metadata', 'annotations')),
    ...(spec.volumes ?? []).flatMap((volume, index) => volumeWarnings(volume, own.child('volumes').index(index))),
    ...repeated(spec.hostAliases ?? [], (it) => it.ip ?? '').map(([index, ip]) =>
      text(own.child('hostAliases').index(index).child('ip'), `duplicate ip ${quote(ip)}`),
    ),
    ...pullSecretWarnings(spec, own.child('imagePullSecrets')),
    ...fractions(spec.overhead, own.child('overhead')),
    ...containersOf(spec, own).flatMap(([container, here]) => containerWarnings(container, here)),
    ...portWarnings(containersOf(spec, own)),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [
          text(
            own.child('terminationGracePeriodSeconds'),
            'must be >= 0; negative values are invalid and will be treated as 1',
          ),
        ]
      : []),
    ...podAffinityWarnings(spec, own.child('affinity')),
  ];
}

export function templateWarnings(template: unknown, at: Path = TEMPLATE): string[] {
  const { spec = {}, metadata = {} } = (template ?? {}) as PodTemplateSpec;
  return podWarnings(spec, metadata, at);
}

/** An update that changes nothing of the spec is warned of nothing. */
export function isSpecSame(it: KubeObject, old: KubeObject | undefined): boolean {
  return old !== undefined && it.metadata.generation === old.metadata.generation;
}

/** Of kinds whose name becomes part of their pods' names. */
export function workloadWarnings(
  it: KubeObject,
  old: KubeObject | undefined,
  template: unknown,
  at: Path = TEMPLATE,
): string[] {
  if (isSpecSame(it, old)) return [];
  const named = old === undefined ? nameWarnings(it.metadata.name, 'Pod names and hostnames') : [];
  return [...named, ...templateWarnings(template, at)];
}

export function nameWarnings(name: string | undefined, use: string): string[] {
  const problems = dns1123LabelErrors(name ?? '');
  const advice = 'which can result in surprising behavior; a DNS label is recommended';
  return problems.length === 0 ? [] : [`metadata.name: this is used in ${use}, ${advice}: [${problems.join(' ')}]`];
}

function text(at: Path, what: string): string {
  return `${at}: ${what}`;
}

function nodeLabelWarnings(spec: PodSpec, own: Path): string[] {
  const { nodeAffinity } = spec.affinity ?? {};
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const affinity = own.child('affinity', 'nodeAffinity');
  const constraints = own.child('topologySpreadConstraints');
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((key) => oldLabelAt(key, own.child('nodeSelector').key(key))),
    ...(nodeAffinity?.[required]?.nodeSelectorTerms ?? []).flatMap((it, index) =>
      oldLabelsInExpressions(it, affinity.child(required, 'nodeSelectorTerms').index(index)),
    ),
    ...(nodeAffinity?.[preferred] ?? []).flatMap(({ preference = {} }, index) =>
      oldLabelsInExpressions(preference, affinity.child(preferred).index(index).child('preference')),
    ),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => [
      ...oldLabelNamed(topologyKey, constraints.index(index).child('topologyKey')),
      ...matchesNothing(labelSelector, constraints.index(index)),
    ]),
  ];
}

function matchesNothing(selector: object | undefined, at: Path): string[] {
  if (selector !== undefined) return [];
  return [text(at.child('labelSelector'), 'a null labelSelector results in matching no pod')];
}

function podAffinityWarnings({ affinity = {} }: PodSpec, at: Path): string[] {
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap((field) => {
    const own = affinity[field];
    const required = 'requiredDuringSchedulingIgnoredDuringExecution';
    const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
    return [
      ...(own?.[required] ?? []).flatMap((it: PodAffinityTerm, index) =>
        matchesNothing(it.labelSelector, at.child(field, required).index(index)),
      ),
      ...(own?.[preferred] ?? []).flatMap((it: WeightedPodAffinityTerm, index) =>
        matchesNothing(
          it.podAffinityTerm?.labelSelector,
          at.child(field, preferred).index(index).child('podAffinityTerm'),
        ),
      ),
    ];
  });
}

const SYSCTLS = 'non-functional in v1.11+; use the "sysctls" field instead';
const OLD_ANNOTATIONS: readonly (readonly [string, string])[] = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', SYSCTLS],
  ['security.alpha.kubernetes.io/unsafe-sysctls', SYSCTLS],
];

function annotationWarnings({ annotations = {} }: Meta, at: Path): string[] {
  return OLD_ANNOTATIONS.flatMap(([key, message]) => (key in annotations ? [text(at.key(key), message)] : []));
}

const OLD_VOLUMES = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const;
const GO_NAMES: Readonly<Record<string, string>> = { storageos: 'storageOS', cephfs: 'cephFS' };

function volumeWarnings(volume: Volume, at: Path): string[] {
  return (Object.keys(OLD_VOLUMES) as (keyof typeof OLD_VOLUMES)[]).flatMap((field) =>
    volume[field] === undefined ? [] : [text(at.child(GO_NAMES[field] ?? field), OLD_VOLUMES[field])],
  );
}

function repeated<T>(items: readonly T[], keyOf: (item: T) => string): [number, string][] {
  const seen = new Set<string>();
  return items.flatMap((item, index): [number, string][] => {
    const key = keyOf(item);
    if (seen.has(key)) return [[index, key]];
    seen.add(key);
    return [];
  });
}

function pullSecretWarnings({ imagePullSecrets: secrets = [] }: PodSpec, at: Path): string[] {
  const nameOf = (it: { name?: string | undefined }) => it.name ?? '';
  return [
    ...repeated(secrets, nameOf).map(([index, name]) =>
      text(at.index(index).child('name'), `duplicate name ${quote(name)}`),
    ),
    ...secrets.flatMap((it, index) =>
      nameOf(it) === '' ? [text(at.index(index).child('name'), 'invalid empty name ""')] : [],
    ),
  ];
}

/** Bytes come whole. */
export function fractions(
  amounts: Readonly<Record<string, string>> | undefined,
  at: Path,
  names: readonly string[] = ['memory', 'ephemeral-storage'],
): string[] {
  return names.flatMap((name) => {
    const amount = amounts?.[name];
    if (amount === undefined || quantityMilliValue(amount) % 1000 === 0) return [];
    return [text(at.key(name), `fractional byte value ${quote(amount)} is invalid, must be an integer`)];
  });
}

function containersOf(spec: PodSpec, own: Path): [Container, Path][] {
  const of = (field: 'initContainers' | 'containers' | 'ephemeralContainers') =>
    (spec[field] ?? []).map((it, index): [Container, Path] => [it as Container, own.child(field).index(index)]);
  return [...of('initContainers'), ...of('containers'), ...of('ephemeralContainers')];
}

function containerWarnings({ resources, env = [] }: Container, at: Path): string[] {
  const [limits, requests] = [at.child('resources', 'limits'), at.child('resources', 'requests')];
  return [
    ...fractions(resources?.limits, limits, ['memory']),
    ...fractions(resources?.requests, requests, ['memory']),
    ...fractions(resources?.limits, limits, ['ephemeral-storage']),
    ...fractions(resources?.requests, requests, ['ephemeral-storage']),
    ...repeated(env, (it) => it.name ?? '').flatMap(([index, name]) => {
      const { value = '', valueFrom } = env[index]!;
      const goesOn = valueFrom === undefined && value !== `$(${name})` && value.includes(`$(${name})`);
      const what = `hides previous definition of ${quote(name)}, which may be dropped when using apply`;
      return goesOn ? [] : [text(at.child('env').index(index), what)];
    }),
  ];
}

/** No more than so many ports of one number are compared with each other. */
const OTHERS_MAX = 16;

function portWarnings(containers: readonly (readonly [Container, Path])[]): string[] {
  const seen = new Map<string, [ContainerPort, Path][]>();
  return containers.flatMap(([{ ports = [] }, at]) =>
    ports.flatMap((port, index) => {
      const here = at.child('ports').index(index);
      const key = `${port.containerPort}/${port.protocol ?? 'TCP'}`;
      const others = seen.get(key) ?? [];
      if (others.length < OTHERS_MAX) seen.set(key, [...others, [port, here]]);
      return [
        ...(port.hostIP && !port.hostPort ? [text(here, `hostIP set without hostPort: ${goPort(port)}`)] : []),
        ...others.flatMap(([other, there]) => {
          const how = overlap(port, other);
          return how === undefined ? [] : [text(here, `${how} port definition with ${there}`)];
        }),
      ];
    }),
  );
}

function overlap(a: ContainerPort, b: ContainerPort): string | undefined {
  const [ipA = '', ipB = ''] = [a.hostIP, b.hostIP];
  const [hostA = 0, hostB = 0] = [a.hostPort, b.hostPort];
  if (ipA === ipB && hostA === hostB) return 'duplicate';
  if (hostA === 0 || hostB === 0) return 'overlapping';
  return hostA === hostB && (ipA === '') !== (ipB === '') ? 'dangerously ambiguous' : undefined;
}

function goPort({ name = '', hostPort = 0, containerPort = 0, protocol = 'TCP', hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}
