import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
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
const MESSAGE_POLICIES = ['FallbackToLogsOnError', 'File'];
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
      errors.push(...validateOwnRestart(container, at));
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
    errors.push(...uniqueName(container.name ?? '', seen, at), ...validateInitRestart(container, at));
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
    const errors = validateContainer(container, spec, at);
    errors.push(...uniqueName(container.name ?? '', seen, at));
    if (container.targetContainerName !== undefined && !regular.has(container.targetContainerName)) {
      const value = container.targetContainerName;
      errors.push({ type: 'FieldValueNotFound', field: String(at.child('targetContainerName')), value, detail: '' });
    }
    for (const field of EPHEMERAL_FORBIDDEN) {
      if (container[field] !== undefined && !isEmptyObject(container[field])) {
        errors.push(forbidden(at.child(field), 'cannot be set for an Ephemeral Container'));
      }
    }
    return errors;
  });
}

const EPHEMERAL_FORBIDDEN = [
  ...(['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe', 'resources', 'ports'] as const),
  ...(['resizePolicy'] as const),
];

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function uniqueName(name: string, seen: Set<string>, path: Path): FieldError[] {
  if (name !== '' && seen.has(name)) return [duplicate(path.child('name'), name)];
  seen.add(name);
  return [];
}

function validateContainer(container: Container, spec: PodSpec, path: Path): FieldError[] {
  const name = container.name ?? '';
  return [
    ...(name === '' ? [required(path.child('name'))] : dnsLabel(name, path.child('name'))),
    ...validateImage(container.image ?? '', path.child('image')),
    ...oneOf(container.terminationMessagePolicy ?? '', MESSAGE_POLICIES, path.child('terminationMessagePolicy')),
    ...validatePorts(container.ports ?? [], spec, path.child('ports')),
    ...validateEnv(container.env ?? [], spec.volumes ?? [], path.child('env')),
    ...validateEnvFrom(container.envFrom ?? [], path.child('envFrom')),
    ...validateVolumeMounts(container, spec, path.child('volumeMounts')),
    ...validateVolumeDevices(container, spec, path.child('volumeDevices')),
    ...oneOf(container.imagePullPolicy ?? '', PULL_POLICIES, path.child('imagePullPolicy')),
    ...validateResources(container.resources, path.child('resources')),
    ...validateClaims(container.resources, spec, path.child('resources', 'claims')),
    ...validateResizePolicy(container.resizePolicy ?? [], spec, path.child('resizePolicy')),
    ...validateContainerSecurity(container.securityContext, path.child('securityContext')),
  ];
}

function validateImage(image: string, path: Path): FieldError[] {
  if (image === '') return [required(path)];
  return image === image.trim() ? [] : [invalid(path, image, 'must not have leading or trailing whitespace')];
}

function validateAlive(container: Container, spec: PodSpec, path: Path): FieldError[] {
  const grace = spec.terminationGracePeriodSeconds ?? 30;
  return [
    ...validateLifecycle(container.lifecycle, path.child('lifecycle'), grace),
    ...validateProbes(container, path, grace),
  ];
}

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];

function validateOwnRestart(container: Container, path: Path): FieldError[] {
  const errors = oneOfOrAbsent(container.restartPolicy, RESTART_POLICIES, path.child('restartPolicy'));
  if ((container.restartPolicyRules?.length ?? 0) > 0 && container.restartPolicy === undefined) {
    const text = 'must specify restartPolicy when restart rules are used';
    errors.push(required(path.child('restartPolicy'), text));
  }
  errors.push(...validateRestartRules(container.restartPolicyRules ?? [], path.child('restartPolicyRules')));
  return errors;
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

function validateInitRestart(container: Container, path: Path): FieldError[] {
  const { restartPolicy, restartPolicyRules = [] } = container;
  const errors =
    restartPolicy === undefined || RESTART_POLICIES.includes(restartPolicy)
      ? []
      : [notSupported(path.child('restartPolicy'), restartPolicy, RESTART_POLICIES)];
  return [...errors, ...validateRestartRules(restartPolicyRules, path.child('restartPolicyRules'))];
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

function validatePorts(ports: readonly ContainerPort[], spec: PodSpec, path: Path): FieldError[] {
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
    if (spec.hostNetwork === true && hostPort !== 0 && hostPort !== containerPort) {
      errors.push(
        invalid(at.child('containerPort'), containerPort, 'must match `hostPort` when `hostNetwork` is true'),
      );
    }
    if (protocol === '') errors.push(...requiredString(protocol, at.child('protocol')));
    else errors.push(...oneOf(protocol, PROTOCOLS, at.child('protocol')));
    return errors;
  });
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
