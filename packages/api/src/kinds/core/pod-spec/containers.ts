import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  type Path,
  required,
  tooLong,
} from '../../../field-errors.js';
import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  ContainerRestartRule,
  EphemeralContainer,
  PodSpec,
} from '../../../gen/types.js';
import { portNameErrors } from '../../../names.js';
import { dnsLabel, oneOf, oneOfOrAbsent, portNumber, requiredString } from '../../rules.js';
import { validateEnv, validateEnvFrom } from './env.js';
import { validateLifecycle, validateProbes } from './probes.js';
import { validateClaims, validateResources } from './resources.js';
import { validateContainerSecurity } from './security.js';
import { validateVolumeDevices, validateVolumeMounts } from './volumes.js';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function validateContainers(spec: PodSpec, path: Path): FieldError[] {
  const containers = spec.containers ?? [];
  if (containers.length === 0) return [required(path)];
  const seen = new Set<string>();
  return [
    ...containers.flatMap((container, index) => {
      const at = path.index(index);
      const errors = validateContainer(container, spec, at);
      errors.push(...uniqueName(container.name ?? '', seen, at), ...validateAlive(container, spec, at));
      seen.add(container.name ?? '');
      errors.push(...validateRestart(container, at, true));
      return errors;
    }),
    ...hostPortConflicts(containers, path),
  ];
}

export function validateInitContainers(spec: PodSpec, path: Path): FieldError[] {
  const seen = new Set((spec.containers ?? []).map((container) => container.name ?? ''));
  return (spec.initContainers ?? []).flatMap((container, index) => {
    const at = path.index(index);
    const isSidecar = container.restartPolicy === 'Always';
    const errors = validateContainer(container, spec, at);
    errors.push(...uniqueName(container.name ?? '', seen, at), ...validateRestart(container, at, false));
    if (isSidecar) return [...errors, ...validateAlive(container, spec, at)];
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[field] !== undefined) {
        errors.push(forbidden(at.child(field), 'may not be set for init containers without restartPolicy=Always'));
      }
    }
    return [...errors, ...hostPortConflicts([container], path)];
  });
}

/** Containers of a running pod that a person adds to look into it. */
export function validateEphemeralContainers(spec: PodSpec, path: Path): FieldError[] {
  const others = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const seen = new Set(others.map((container) => container.name ?? ''));
  const regular = new Set(others.map((container) => container.name));
  return (spec.ephemeralContainers ?? []).flatMap((container: EphemeralContainer, index) => {
    const at = path.index(index);
    const errors = [...validateContainer(container, spec, at), ...validateImageOfPod(container, at)];
    errors.push(...uniqueName(container.name ?? '', seen, at));
    seen.add(container.name ?? '');
    const { targetContainerName: target = '' } = container;
    if (target !== '' && !regular.has(target)) errors.push(notFound(at.child('targetContainerName'), target));
    const text = 'cannot be set for an Ephemeral Container';
    for (const field of EPHEMERAL_FORBIDDEN) {
      const value = container[field];
      if (value !== undefined && !(field === 'resources' && isEmptyObject(value)))
        errors.push(forbidden(at.child(field), text));
    }
    // Mounts of parts of a volume stay until their pod ends.
    for (const [place, mount] of (container.volumeMounts ?? []).entries())
      for (const field of ['subPath', 'subPathExpr'] as const)
        if ((mount[field] ?? '') !== '')
          errors.push(forbidden(at.child('volumeMounts').index(place).child(field), text));
    return errors;
  });
}

const EPHEMERAL_FORBIDDEN = [
  ...(['ports', 'resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules'] as const),
  ...(['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const),
];

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function uniqueName(name: string, seen: Set<string>, path: Path): FieldError[] {
  if (seen.has(name)) return [duplicate(path.child('name'), name)];
  if (name !== '') seen.add(name);
  return [];
}

function validateContainer(container: Container, spec: PodSpec, path: Path): FieldError[] {
  const name = container.name ?? '';
  return [
    ...(name === '' ? [required(path.child('name'))] : dnsLabel(name, path.child('name'))),
    ...requiredString(container.image, path.child('image')),
    ...oneOf(container.terminationMessagePolicy ?? '', MESSAGE_POLICIES, path.child('terminationMessagePolicy')),
    ...validatePorts(container.ports ?? [], path.child('ports')),
    ...validateEnv(container.env ?? [], path.child('env')),
    ...validateEnvFrom(container.envFrom ?? [], path.child('envFrom')),
    ...validateVolumeMounts(container, spec, path.child('volumeMounts')),
    ...validateVolumeDevices(container, spec, path.child('volumeDevices')),
    ...oneOf(container.imagePullPolicy ?? '', PULL_POLICIES, path.child('imagePullPolicy')),
    ...validateResources(container.resources, path.child('resources')),
    ...validateClaims(container.resources, spec, path.child('resources', 'claims')),
    ...validateResizePolicy(container.resizePolicy ?? [], spec, path.child('resizePolicy')),
    ...validateContainerSecurity(container.securityContext, spec, path.child('securityContext')),
  ];
}

/** Templates may have it otherwise: they did before there was this rule. */
export function validateImageOfPod({ image = '' }: Container, path: Path): FieldError[] {
  if (image === image.trim()) return [];
  return [invalid(path.child('image'), image, 'must not have leading or trailing whitespace')];
}

function validateAlive(container: Container, spec: PodSpec, path: Path): FieldError[] {
  const { terminationGracePeriodSeconds = 0 } = spec;
  const grace = terminationGracePeriodSeconds < 0 ? 1 : terminationGracePeriodSeconds;
  return [
    ...validateLifecycle(container.lifecycle, path.child('lifecycle'), grace),
    ...validateProbes(container, path, grace),
  ];
}

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];

/** `whole`: rules without the policy that they need are looked at all the same, as upstream does for all but init containers. */
function validateRestart(container: Container, path: Path, whole: boolean): FieldError[] {
  const { restartPolicy, restartPolicyRules = [] } = container;
  const at = path.child('restartPolicy');
  const errors = oneOfOrAbsent(restartPolicy, RESTART_POLICIES, at);
  if (restartPolicy === undefined && restartPolicyRules.length > 0) {
    errors.push(required(at, 'must specify restartPolicy when restart rules are used'));
    if (!whole) return errors;
  }
  return [...errors, ...validateRestartRules(restartPolicyRules, path.child('restartPolicyRules'))];
}

const RULES_MAX = 20;
const EXIT_CODES_MAX = 255;
const RULE_ACTIONS = ['Restart', 'RestartAllContainers'];

function validateRestartRules(rules: readonly ContainerRestartRule[], path: Path): FieldError[] {
  if (rules.length > RULES_MAX) return [tooLong(path, RULES_MAX)];
  return rules.flatMap(({ action = '', exitCodes }, index) => {
    const at = path.index(index);
    const errors = RULE_ACTIONS.includes(action) ? [] : [notSupported(at.child('action'), action, RULE_ACTIONS)];
    if (exitCodes === undefined) return [...errors, required(at.child('exitCodes'), 'must be specified')];
    const { operator = '', values = [] } = exitCodes;
    if (operator !== 'In' && operator !== 'NotIn')
      errors.push(notSupported(at.child('exitCodes', 'operator'), operator, ['In', 'NotIn']));
    if (values.length > EXIT_CODES_MAX) errors.push(tooLong(at.child('exitCodes', 'values'), EXIT_CODES_MAX));
    return errors;
  });
}

const RESIZABLE = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

/** Upstream's paths of these leave the index out, but for what is there twice. */
function validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  { restartPolicy: ofPod }: PodSpec,
  path: Path,
): FieldError[] {
  const seen = new Set<string>();
  return policies.flatMap(({ resourceName = '', restartPolicy = '' }, index) => {
    const errors = seen.has(resourceName) ? [duplicate(path.index(index), resourceName)] : [];
    seen.add(resourceName);
    for (const [value, known] of [
      [resourceName, RESIZABLE],
      [restartPolicy, RESIZE_POLICIES],
    ] as const) {
      if (value === '') errors.push(required(path));
      else if (!known.includes(value)) errors.push(notSupported(path, value, known));
    }
    if (ofPod === 'Never' && restartPolicy !== 'NotRequired')
      errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
    return errors;
  });
}

function validatePorts(ports: readonly ContainerPort[], path: Path): FieldError[] {
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = path.index(index);
    const { name = '', containerPort = 0, hostPort = 0, protocol = '' } = port;
    const errors: FieldError[] = [];
    if (name !== '') {
      const problems = portNameErrors(name);
      errors.push(...problems.map((text) => invalid(at.child('name'), name, text)));
      if (problems.length === 0 && names.has(name)) errors.push(duplicate(at.child('name'), name));
      names.add(name);
    }
    if (containerPort === 0) errors.push(required(at.child('containerPort')));
    else errors.push(...portNumber(containerPort, at.child('containerPort')));
    if (hostPort !== 0) errors.push(...portNumber(hostPort, at.child('hostPort')));
    if (protocol === '') errors.push(...requiredString(protocol, at.child('protocol')));
    else errors.push(...oneOf(protocol, PROTOCOLS, at.child('protocol')));
    return errors;
  });
}

/** On its host's network a container has the ports that it has by itself; templates need not say so. */
export function validateHostNetworkPorts(spec: PodSpec, path: Path, isPod: boolean): FieldError[] {
  if (spec.hostNetwork !== true) return [];
  return (spec.containers ?? []).flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ containerPort = 0, hostPort = 0 }, place) => {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) return [];
      const at = path.index(index).child('ports').index(place).child('hostPort');
      return [invalid(at, hostPort, 'must match `containerPort` when `hostNetwork` is true')];
    }),
  );
}

function hostPortConflicts(containers: readonly Container[], path: Path): FieldError[] {
  const seen = new Set<string>();
  return containers.flatMap((container, index) =>
    (container.ports ?? []).flatMap((port, portIndex) => {
      if ((port.hostPort ?? 0) === 0) return [];
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      const at = path.index(index).child('ports').index(portIndex).child('hostPort');
      if (seen.has(key)) return [duplicate(at, key)];
      seen.add(key);
      return [];
    }),
  );
}
