/** Rules for pod specs, in pods and in templates, after upstream's pkg/apis/core/validation. */
import {
  type FieldError,
  forbidden,
  invalid,
  type Path,
  path as pathOf,
  required,
  tooLong,
} from '../../../field-errors.js';
import type { HostAlias, PodDNSConfig, PodSpec, PodTemplateSpec } from '../../../gen/types.js';
import { validateAnnotations, validateLabelName, validateLabels } from '../../../meta.js';
import { underscoreSubdomainErrors } from '../../../names.js';
import { ipAddress } from '../../addresses.js';
import { dnsLabel, dnsSubdomain, oneOf, oneOfOrAbsent } from '../../rules.js';
import type { PodVolumeOptions } from '../volumes/pod-sources.js';
import { validateVolumes } from '../volumes/volumes.js';
import {
  validateContainers,
  validateEphemeralContainers,
  validateHostNetworkPorts,
  validateImageOfPod,
  validateInitContainers,
} from './containers.js';
import { validateFileVolumes } from './env.js';
import { validatePodResources, validateResourceClaims, validateResources } from './resources.js';
import {
  validateAffinity,
  validateDeadline,
  validateSchedulingGates,
  validateTolerations,
  validateTopologySpread,
} from './scheduling.js';
import { validateHostUsers, validatePodSecurity } from './security.js';
import { validateHostProcess, validateLinuxPod, validateWindowsPod } from './windows.js';

/** In upstream's order. */
const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];

export function validatePodSpec(spec: PodSpec, path: Path, options: PodVolumeOptions = {}): FieldError[] {
  const { errors, valid } = validateVolumes(spec.volumes ?? [], path.child('volumes'), options);
  // Containers have no use for a volume that is wrong.
  const seen: PodSpec = { ...spec, volumes: [...valid.values()] };
  return [
    ...errors,
    ...validateResourceClaims(spec, path.child('resourceClaims')),
    ...validateContainers(seen, path.child('containers')),
    ...validateInitContainers(seen, path.child('initContainers')),
    ...validateEphemeralContainers(seen, path.child('ephemeralContainers')),
    ...validatePodResources(spec, path.child('resources')),
    ...validateHostNetworkPorts(spec, path.child('containers'), options.isPod === true),
    ...validatePolicies(spec, path),
    ...validateLabels(spec.nodeSelector, path.child('nodeSelector')),
    ...validatePodSecurity(spec, path.child('securityContext')),
    ...validateAffinity(spec.affinity, path.child('affinity')),
    ...validateDnsConfig(spec, path.child('dnsConfig')),
    ...validateReadinessGates(spec, path.child('readinessGates')),
    ...validateSchedulingGates(spec, path.child('schedulingGates')),
    ...validateTopologySpread(spec.topologySpreadConstraints ?? [], path.child('topologySpreadConstraints')),
    ...validateHostProcess(spec, path),
    ...validateHostUsers(spec, path),
    ...validateNamesIn(spec, path),
    ...validateTolerations(spec.tolerations ?? [], path.child('tolerations')),
    ...validateHostAliases(spec.hostAliases ?? [], path.child('hostAliases')),
    ...validateHostnameOverride(spec, path.child('hostnameOverride')),
    ...validateRest(spec, path),
    ...validateFileVolumes(spec, path),
  ];
}

function validatePolicies(spec: PodSpec, path: Path): FieldError[] {
  const { restartPolicy = '', dnsPolicy = '' } = spec;
  return [
    ...(restartPolicy === ''
      ? [required(path.child('restartPolicy'))]
      : oneOf(restartPolicy, RESTART_POLICIES, path.child('restartPolicy'))),
    ...(dnsPolicy === ''
      ? [required(path.child('dnsPolicy'))]
      : oneOf(dnsPolicy, DNS_POLICIES, path.child('dnsPolicy'))),
  ];
}

function validateNamesIn(spec: PodSpec, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['serviceAccountName', 'nodeName'] as const) {
    const name = spec[field] ?? '';
    if (name !== '') errors.push(...dnsSubdomain(name, path.child(field)));
  }
  errors.push(...validateDeadline(spec.activeDeadlineSeconds, path.child('activeDeadlineSeconds')));
  for (const field of ['hostname', 'subdomain'] as const) {
    const name = spec[field] ?? '';
    if (name !== '') errors.push(...dnsLabel(name, path.child(field)));
  }
  return errors;
}

const HOSTNAME_MAX = 64;

function validateHostnameOverride(
  { hostnameOverride: name, hostNetwork, setHostnameAsFQDN }: PodSpec,
  path: Path,
): FieldError[] {
  if (name === undefined) return [];
  const errors = name.length > HOSTNAME_MAX ? [tooLong(path, HOSTNAME_MAX)] : [];
  errors.push(...dnsSubdomain(name, path));
  if (setHostnameAsFQDN === true) errors.push(forbidden(path, 'may not be specified when setHostnameAsFQDN is true'));
  if (hostNetwork === true) errors.push(forbidden(path, 'may not be specified when hostNetwork is true'));
  return errors;
}

function validateRest(spec: PodSpec, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['priorityClassName', 'runtimeClassName'] as const) {
    const name = spec[field] ?? '';
    if (name !== '') errors.push(...dnsSubdomain(name, path.child(field)));
  }
  errors.push(...oneOfOrAbsent(spec.preemptionPolicy, PREEMPTION_POLICIES, path.child('preemptionPolicy')));
  errors.push(...validateResources({ limits: spec.overhead }, path.child('overhead')));
  if (spec.os !== undefined) errors.push(...validateSystem(spec, spec.os.name ?? '', path));
  return errors;
}

function validateSystem(spec: PodSpec, name: string, path: Path): FieldError[] {
  if (name === '') return [required(path.child('os', 'name'))];
  if (name === 'linux') return validateLinuxPod(spec, path);
  if (name === 'windows') return validateWindowsPod(spec, path);
  return oneOf(name, ['linux', 'windows'], path.child('os'));
}

function validateReadinessGates(spec: PodSpec, path: Path): FieldError[] {
  return (spec.readinessGates ?? []).flatMap((gate, index) =>
    validateLabelName(gate.conditionType ?? '', path.index(index).child('conditionType')),
  );
}

const NAMESERVERS_MAX = 3;
const SEARCHES_MAX = 32;

function validateDnsConfig({ dnsPolicy, dnsConfig }: PodSpec, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if ((dnsConfig.nameservers?.length ?? 0) === 0) {
      errors.push(
        required(path.child('nameservers'), 'must provide at least one DNS nameserver when `dnsPolicy` is None'),
      );
    }
  }
  return dnsConfig === undefined ? errors : [...errors, ...validateDnsLists(dnsConfig, path)];
}

function validateDnsLists({ nameservers = [], searches = [], options = [] }: PodDNSConfig, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (nameservers.length > NAMESERVERS_MAX) {
    const text = `must not have more than ${NAMESERVERS_MAX} nameservers`;
    errors.push(invalid(path.child('nameservers'), nameservers, text));
  }
  for (const [index, address] of nameservers.entries()) {
    errors.push(...ipAddress(address, path.child('nameservers').index(index)));
  }
  if (searches.length > SEARCHES_MAX) {
    errors.push(invalid(path.child('searches'), searches, `must not have more than ${SEARCHES_MAX} search paths`));
  }
  for (const [index, search] of searches.entries()) {
    if (search === '.') continue;
    const name = search.replace(/\.$/, '');
    const at = path.child('searches').index(index);
    errors.push(...underscoreSubdomainErrors(name).map((text) => invalid(at, name, text)));
  }
  for (const [index, option] of options.entries()) {
    if ((option.name ?? '') === '') errors.push(required(path.child('options').index(index), 'must not be empty'));
  }
  return errors;
}

function validateHostAliases(aliases: readonly HostAlias[], path: Path): FieldError[] {
  return aliases.flatMap((alias, index) => [
    ...ipAddress(alias.ip ?? '', path.index(index).child('ip')),
    ...(alias.hostnames ?? []).flatMap((name, at) =>
      dnsSubdomain(name, path.index(index).child('hostnames').index(at)),
    ),
  ]);
}

/** What holds for a pod beyond what templates may say. */
export function validateSpecOfPod(spec: PodSpec, podName: string): FieldError[] {
  const at = pathOf('spec');
  const errors = validatePodSpec(spec, at, { podName, isPod: true });
  if ((spec.serviceAccountName ?? '') === '') {
    const text = 'must not be specified when serviceAccountName is not set';
    for (const [index, { projected }] of (spec.volumes ?? []).entries())
      for (const [place, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
        const where = at.child('volumes').index(index).child('projected', 'sources').index(place);
        if (serviceAccountToken !== undefined) errors.push(forbidden(where.child('serviceAccountToken'), text));
      }
  }
  for (const field of ['containers', 'initContainers'] as const)
    for (const [index, container] of (spec[field] ?? []).entries())
      errors.push(...validateImageOfPod(container, at.child(field).index(index)));
  return [...errors, ...validateUnscheduledGates(spec)];
}

function validateUnscheduledGates(spec: PodSpec): FieldError[] {
  if ((spec.schedulingGates?.length ?? 0) === 0 || (spec.nodeName ?? '') === '') return [];
  return [forbidden(pathOf('spec', 'nodeName'), 'cannot be set until all schedulingGates have been cleared')];
}

export function validatePodTemplate(template: PodTemplateSpec, path: Path): FieldError[] {
  const errors = [
    ...validateLabels(template.metadata?.labels, path.child('labels')),
    ...validateAnnotations(template.metadata?.annotations, path.child('annotations')),
    ...validatePodSpec(template.spec ?? {}, path.child('spec')),
  ];
  if ((template.spec?.ephemeralContainers?.length ?? 0) > 0) {
    const at = path.child('spec', 'ephemeralContainers');
    errors.push(forbidden(at, 'ephemeral containers not allowed in pod template'));
  }
  return errors;
}
