import { type FieldError, invalid, notFound, type Path, required } from '../../../field-errors.js';
import type {
  Container,
  EnvFromSource,
  EnvVar,
  FileKeySelector,
  ObjectFieldSelector,
  PodSpec,
  ResourceFieldSelector,
} from '../../../gen/types.js';
import {
  configMapKeyErrors,
  dns1123SubdomainErrors,
  qualifiedNameErrors,
  relaxedEnvVarNameErrors,
} from '../../../names.js';
import { dnsLabel, dnsSubdomain, requiredString } from '../../rules.js';
import { noBackSteps } from '../volumes/paths.js';
import { containersOf } from './visit.js';

const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'] as const;
const FIELDS: ReadonlySet<string> = new Set([
  ...['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName'],
  ...['status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'],
]);
/** What a volume may show: a pod's own metadata, whole maps too. */
const VOLUME_FIELDS: ReadonlySet<string> = new Set([
  ...['metadata.name', 'metadata.namespace', 'metadata.uid', 'metadata.labels', 'metadata.annotations'],
]);
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...FIELDS,
  ...VOLUME_FIELDS,
  ...['spec.restartPolicy', 'spec.schedulerName', 'status.phase', 'spec.hostNetwork'],
]);

export function validateEnv(env: readonly EnvVar[], path: Path): FieldError[] {
  return env.flatMap((variable, index) => {
    const at = path.index(index);
    const name = variable.name ?? '';
    const errors = requiredString(name, at.child('name'));
    if (name !== '') {
      errors.push(...relaxedEnvVarNameErrors(name).map((text) => invalid(at.child('name'), name, text)));
    }
    return [...errors, ...validateValueFrom(variable, at.child('valueFrom'))];
  });
}

function validateValueFrom({ value = '', valueFrom }: EnvVar, path: Path): FieldError[] {
  if (valueFrom === undefined) return [];
  const given = SOURCES.filter((name) => valueFrom[name] !== undefined);
  const errors: FieldError[] = [];
  const { fieldRef, resourceFieldRef } = valueFrom;
  if (fieldRef !== undefined) errors.push(...validateFieldRef(fieldRef, FIELDS, path.child('fieldRef')));
  if (resourceFieldRef !== undefined) {
    errors.push(...validateResourceFieldRef(resourceFieldRef, path.child('resourceFieldRef'), false));
  }
  for (const name of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const ref = valueFrom[name];
    if (ref !== undefined) errors.push(...validateKeyRef(ref, path.child(name)));
  }
  if (valueFrom.fileKeyRef !== undefined)
    errors.push(...validateFileKeyRef(valueFrom.fileKeyRef, path.child('fileKeyRef')));
  if (given.length === 0) {
    const text = `must specify one of: ${SOURCES.slice(0, -1)
      .map((name) => `\`${name}\``)
      .join(', ')} or \`fileKeyRef\``;
    errors.push(invalid(path, '', text));
  } else if (value !== '') {
    errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  } else if (given.length > 1) {
    errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

/** A file of a volume that the pod's containers fill themselves. */
function validateFileKeyRef({ volumeName = '', path: file = '', key = '' }: FileKeySelector, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (key === '') errors.push(required(path.child('key')));
  else errors.push(...relaxedEnvVarNameErrors(key).map((text) => invalid(path.child('key'), key, text)));
  if (volumeName === '') errors.push(required(path.child('volumeName')));
  else errors.push(...dnsLabel(volumeName, path.child('volumeName')));
  if (file === '') errors.push(required(path.child('path')));
  else errors.push(...noBackSteps(file, path.child('path')));
  return errors;
}

/** The volumes that variables are read from are the pod's, and such as its containers can fill. */
export function validateFileVolumes(spec: PodSpec, path: Path): FieldError[] {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name ?? '', volume]));
  return containersOf(spec, path).flatMap(([{ env = [] }, at]) =>
    env.flatMap(({ valueFrom }, index) => {
      const { volumeName: name = '' } = valueFrom?.fileKeyRef ?? {};
      if (name === '') return [];
      const where = at.child('env').index(index).child('valueFrom', 'fileKeyRef', 'volumeName');
      const volume = volumes.get(name);
      if (volume === undefined) return [notFound(where, name)];
      if (volume.emptyDir !== undefined) return [];
      return [invalid(where, name, 'referenced volume must be of type emptyDir')];
    }),
  );
}

function validateKeyRef(
  { name = '', key = '' }: { name?: string | undefined; key?: string | undefined },
  path: Path,
): FieldError[] {
  const errors = dnsSubdomain(name, path.child('name'));
  if (key === '') errors.push(required(path.child('key')));
  else errors.push(...configMapKeyErrors(key).map((text) => invalid(path.child('key'), key, text)));
  return errors;
}

export function validateVolumeFieldRef(ref: ObjectFieldSelector, path: Path): FieldError[] {
  return validateFieldRef(ref, VOLUME_FIELDS, path);
}

function validateFieldRef(ref: ObjectFieldSelector, allowed: ReadonlySet<string>, path: Path): FieldError[] {
  const { apiVersion = '', fieldPath = '' } = ref;
  if (apiVersion === '') return [required(path.child('apiVersion'))];
  if (fieldPath === '') return [required(path.child('fieldPath'))];
  if (apiVersion !== 'v1') {
    const text = `error converting fieldPath: unsupported pod version: ${apiVersion}`;
    return [invalid(path.child('fieldPath'), fieldPath, text)];
  }
  const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null) return validateSubscript(subscript[1] ?? '', subscript[2] ?? '', path);
  if (!KNOWN_FIELDS.has(fieldPath)) {
    const text = `error converting fieldPath: field label not supported: ${fieldPath}`;
    return [invalid(path.child('fieldPath'), fieldPath, text)];
  }
  if (allowed.has(fieldPath)) return [];
  return [
    {
      type: 'FieldValueNotSupported',
      field: String(path.child('fieldPath')),
      value: fieldPath,
      detail: `supported values: ${[...allowed]
        .sort()
        .map((it) => JSON.stringify(it))
        .join(', ')}`,
    },
  ];
}

function validateSubscript(field: string, key: string, path: Path): FieldError[] {
  const name = field === 'metadata.annotations' ? key.toLowerCase() : key;
  return qualifiedNameErrors(name).map((text) => invalid(path, key, text));
}

const CONTAINER_RESOURCE_FIELDS = [
  ...['limits.cpu', 'limits.ephemeral-storage', 'limits.memory'],
  ...['requests.cpu', 'requests.ephemeral-storage', 'requests.memory'],
];

export function validateResourceFieldRef(ref: ResourceFieldSelector, path: Path, inVolume: boolean): FieldError[] {
  const { containerName = '', resource = '', divisor = '0' } = ref;
  if (inVolume && containerName === '') return [required(path.child('containerName'))];
  if (resource === '') return [required(path.child('resource'))];
  const isHugePages = /^(limits|requests)\.hugepages-/.test(resource);
  if (!CONTAINER_RESOURCE_FIELDS.includes(resource) && !isHugePages) {
    const detail = `supported values: ${CONTAINER_RESOURCE_FIELDS.map((it) => JSON.stringify(it)).join(', ')}`;
    return [{ type: 'FieldValueNotSupported', field: String(path.child('resource')), value: resource, detail }];
  }
  return validateDivisor(resource, divisor, path.child('divisor'));
}

const CPU_DIVISORS = ['0', '1', '1m'];
const BYTE_DIVISORS = ['0', '1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

function validateDivisor(resource: string, divisor: string, path: Path): FieldError[] {
  const isCpu = resource.endsWith('.cpu');
  if ((isCpu ? CPU_DIVISORS : BYTE_DIVISORS).includes(divisor)) return [];
  const text = isCpu
    ? "only divisor's values 1m and 1 are supported with the cpu resource"
    : "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource";
  // Upstream shows the resource where the divisor is wrong.
  return [invalid(path, resource, text)];
}

export function validateEnvFrom(sources: NonNullable<Container['envFrom']>, path: Path): FieldError[] {
  return sources.flatMap((source, index) => validateEnvFromSource(source, path, index));
}

function validateEnvFromSource(source: EnvFromSource, list: Path, index: number): FieldError[] {
  const { prefix = '', configMapRef, secretRef } = source;
  const path = list.index(index);
  const errors: FieldError[] = [];
  if (prefix !== '') {
    errors.push(...relaxedEnvVarNameErrors(prefix).map((text) => invalid(path.child('prefix'), prefix, text)));
  }
  for (const [name, ref] of [
    ['configMapRef', configMapRef],
    ['secretRef', secretRef],
  ] as const) {
    if (ref === undefined) continue;
    errors.push(...requiredString(ref.name, path.child(name, 'name')));
    // Upstream takes it for the beginning of a name, which may end with a dash.
    const { name: own = '' } = ref;
    const masked = own.length > 1 && own.endsWith('-') ? `${own.slice(0, -2)}a` : own;
    if (own !== '')
      errors.push(...dns1123SubdomainErrors(masked).map((text) => invalid(path.child(name, 'name'), own, text)));
  }
  if (configMapRef === undefined && secretRef === undefined) {
    errors.push(invalid(list, '', 'must specify one of: `configMapRef` or `secretRef`'));
  } else if (configMapRef !== undefined && secretRef !== undefined) {
    errors.push(invalid(list, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}
