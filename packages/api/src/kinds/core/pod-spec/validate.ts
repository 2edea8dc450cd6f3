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
import { dnsLabel, dnsSubdomain, nonNegative, oneOf, oneOfOrAbsent } from '../../rules.js';
import { validateVolumes } from '../volumes/volumes.js';
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.js';
import { validatePodResources, validateResourceClaims, validateResources } from './resources.js';
import {
  validateAffinity,
  validateDeadline,
  validateSchedulingGates,
  validateTolerations,
  validateTopologySpread,
} from './scheduling.js';
import { validateHostUsers, validatePodSecurity } from './security.js';

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
const PREEMPTION_POLICIES = ['Never', 'PreemptLowerPriority'];

export function validatePodSpec(spec: PodSpec, path: Path): FieldError[] {
  return [
    ...validateVolumes(spec.volumes ?? [], path.child('volumes')).errors,
    ...validateContainers(spec, path.child('containers')),
    ...validateInitContainers(spec, path.child('initContainers')),
    ...validateEphemeralContainers(spec, path.child('ephemeralContainers')),
    ...validatePodResources(spec, path.child('resources')),
    ...validatePolicies(spec, path),
    ...validateLabels(spec.nodeSelector, path.child('nodeSelector')),
    ...validatePodSecurity(spec, path.child('securityContext')),
    ...validateAffinity(spec.affinity, path.child('affinity')),
    ...validateDnsConfig(spec, path.child('dnsConfig')),
    ...validateReadinessGates(spec, path.child('readinessGates')),
    ...validateSchedulingGates(spec, path.child('schedulingGates')),
    ...validateTopologySpread(spec.topologySpreadConstraints ?? [], path.child('topologySpreadConstraints')),
    ...validateHostUsers(spec, path),
    ...validateNamesIn(spec, path),
    ...validateTolerations(spec.tolerations ?? [], path.child('tolerations')),
    ...validateHostAliases(spec.hostAliases ?? [], path.child('hostAliases')),
    ...validateHostnameOverride(spec, path.child('hostnameOverride')),
    ...validateResourceClaims(spec, path.child('resourceClaims')),
    ...validateResources({ limits: spec.overhead }, path.child('overhead')),
    ...validateRest(spec, path),
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
  const errors = dnsSubdomain(name, path);
  if (name.length > HOSTNAME_MAX) errors.push(tooLong(path, HOSTNAME_MAX));
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
  errors.push(...nonNegative(spec.terminationGracePeriodSeconds, path.child('terminationGracePeriodSeconds')));
  if (spec.os !== undefined) {
    if ((spec.os.name ?? '') === '') errors.push(required(path.child('os', 'name'), 'cannot be empty'));
    else errors.push(...oneOf(spec.os.name, ['linux', 'windows'], path.child('os')));
  }
  return errors;
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

/** What holds for a pod beyond its spec alone. */
export function validateUnscheduledGates(spec: PodSpec): FieldError[] {
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
