import { duplicate, type FieldError, forbidden, invalid, type Path, required } from '../../../field-errors.js';
import type {
  Container,
  DownwardAPIVolumeFile,
  KeyToPath,
  PodSpec,
  ProjectedVolumeSource,
  Volume,
  VolumeMount,
} from '../../../gen/types.js';
import { parseQuantity } from '../../../quantity.js';
import { dnsLabel, oneOf, oneOfOrAbsent, requiredString } from '../../rules.js';
import { validateResourceFieldRef, validateVolumeFieldRef } from './env.js';

const FILE_MODE_TEXT = 'must be a number between 0 and 0777 (octal), both inclusive';
const HOST_PATH_TYPES = [
  ...['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'],
];

export function validateVolumes(volumes: readonly Volume[], path: Path): FieldError[] {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const [at, name] = [path.index(index), volume.name ?? ''];
    const errors = validateSource(volume, at);
    if (name === '') errors.push(required(at.child('name')));
    else errors.push(...dnsLabel(name, at.child('name')));
    if (seen.has(name)) errors.push(duplicate(at.child('name'), name));
    seen.add(name);
    return errors;
  });
}

function validateSource(volume: Volume, path: Path): FieldError[] {
  const given = Object.keys(volume).filter((field) => field !== 'name' && volume[field as keyof Volume] !== undefined);
  if (given.length === 0) return [required(path, 'must specify a volume type')];
  const extra = given.slice(1).map((name) => forbidden(path.child(name), 'may not specify more than 1 volume type'));
  const [first = ''] = given;
  return [...extra, ...(SOURCES[first]?.(volume, path.child(first)) ?? [])];
}

const SOURCES: Readonly<Record<string, (volume: Volume, path: Path) => FieldError[]>> = {
  emptyDir: ({ emptyDir }, path) => {
    const limit = emptyDir?.sizeLimit;
    if (limit === undefined || parseQuantity(limit).nanos >= 0n) return [];
    return [forbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity')];
  },
  hostPath: ({ hostPath }, path) => [
    ...(hostPath?.path === undefined || hostPath.path === '' ? [required(path.child('path'))] : []),
    ...noBackSteps(hostPath?.path ?? '', path.child('path')),
    ...oneOfOrAbsent(hostPath?.type, HOST_PATH_TYPES, path.child('type')),
  ],
  secret: ({ secret }, path) => [
    ...requiredString(secret?.secretName, path.child('secretName')),
    ...fileMode(secret?.defaultMode, path.child('defaultMode')),
    ...validateItems(secret?.items ?? [], path.child('items')),
  ],
  configMap: ({ configMap }, path) => [
    ...requiredString(configMap?.name, path.child('name')),
    ...fileMode(configMap?.defaultMode, path.child('defaultMode')),
    ...validateItems(configMap?.items ?? [], path.child('items')),
  ],
  downwardAPI: ({ downwardAPI }, path) => [
    ...fileMode(downwardAPI?.defaultMode, path.child('defaultMode')),
    ...(downwardAPI?.items ?? []).flatMap((file) => validateDownwardFile(file, path)),
  ],
  persistentVolumeClaim: ({ persistentVolumeClaim }, path) =>
    requiredString(persistentVolumeClaim?.claimName, path.child('claimName')),
  nfs: ({ nfs }, path) => [
    ...requiredString(nfs?.server, path.child('server')),
    ...requiredString(nfs?.path, path.child('path')),
    ...(nfs?.path?.startsWith('/') === false
      ? [invalid(path.child('path'), nfs.path, 'must be an absolute path')]
      : []),
  ],
  csi: ({ csi }, path) => requiredString(csi?.driver, path.child('driver')),
  projected: ({ projected }, path) => [
    ...fileMode(projected?.defaultMode, path.child('defaultMode')),
    ...validateProjections(projected ?? {}, path),
  ],
  ephemeral: ({ ephemeral }, path) => {
    if (ephemeral?.volumeClaimTemplate === undefined) return [required(path.child('volumeClaimTemplate'))];
    const spec = path.child('volumeClaimTemplate', 'spec');
    const { accessModes = [], resources } = ephemeral.volumeClaimTemplate.spec ?? {};
    return [
      ...(accessModes.length === 0 ? [required(spec.child('accessModes'), 'at least 1 access mode is required')] : []),
      ...(resources?.requests?.['storage'] === undefined ? [required(spec.child('resources').key('storage'))] : []),
    ];
  },
  image: ({ image }, path) => requiredString(image?.reference, path.child('reference')),
};

function fileMode(mode: number | undefined, path: Path): FieldError[] {
  return mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(path, mode, FILE_MODE_TEXT)] : [];
}

function validateItems(items: readonly KeyToPath[], path: Path): FieldError[] {
  return items.flatMap((item, index) => {
    const at = path.index(index);
    return [
      ...requiredString(item.key, at.child('key')),
      ...requiredString(item.path, at.child('path')),
      ...localPath(item.path ?? '', at.child('path')),
      ...fileMode(item.mode, at.child('mode')),
    ];
  });
}

function validateDownwardFile(file: DownwardAPIVolumeFile, path: Path): FieldError[] {
  const errors = requiredString(file.path, path.child('path'));
  errors.push(...localPath(file.path ?? '', path.child('path')));
  if (file.fieldRef !== undefined) {
    errors.push(...validateVolumeFieldRef(file.fieldRef, path.child('fieldRef')));
    if (file.resourceFieldRef !== undefined) {
      errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    }
  } else if (file.resourceFieldRef !== undefined) {
    errors.push(...validateResourceFieldRef(file.resourceFieldRef, path.child('resourceFieldRef'), true));
  } else {
    errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  return [...errors, ...fileMode(file.mode, path.child('mode'))];
}

function validateProjections({ sources = [] }: ProjectedVolumeSource, path: Path): FieldError[] {
  return sources.flatMap((source, index) => {
    const at = path.child('sources').index(index);
    const given = Object.keys(source);
    if (given.length > 1) {
      return given.slice(1).map((name) => forbidden(at.child(name), 'may not specify more than 1 volume type'));
    }
    return [
      ...(source.secret === undefined ? [] : requiredString(source.secret.name, at.child('secret', 'name'))),
      ...(source.configMap === undefined ? [] : requiredString(source.configMap.name, at.child('configMap', 'name'))),
      ...(source.downwardAPI?.items ?? []).flatMap((file) => validateDownwardFile(file, at.child('downwardAPI'))),
      ...validateToken(source.serviceAccountToken, at.child('serviceAccountToken')),
    ];
  });
}

function validateToken(
  token: { expirationSeconds?: number | undefined; path?: string | undefined } | undefined,
  path: Path,
): FieldError[] {
  if (token === undefined) return [];
  const { expirationSeconds = 3600 } = token;
  const errors: FieldError[] = [];
  if (expirationSeconds < 600) {
    errors.push(
      invalid(path.child('expirationSeconds'), expirationSeconds, 'may not specify a duration less than 10 minutes'),
    );
  }
  if (expirationSeconds > 2 ** 32) {
    errors.push(
      invalid(
        path.child('expirationSeconds'),
        expirationSeconds,
        'may not specify a duration larger than 2^32 seconds',
      ),
    );
  }
  return [...errors, ...requiredString(token.path, path.child('path'))];
}

/** A path below a volume: relative, and never upwards. */
function localPath(value: string, path: Path): FieldError[] {
  const errors = value.startsWith('/') ? [invalid(path, value, 'must be a relative path')] : [];
  return [...errors, ...noBackSteps(value, path)];
}

function noBackSteps(value: string, path: Path): FieldError[] {
  return value.split('/').includes('..') ? [invalid(path, value, "must not contain '..'")] : [];
}

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

export function validateVolumeMounts(container: Container, spec: PodSpec, path: Path): FieldError[] {
  const volumes = new Set((spec.volumes ?? []).map((volume) => volume.name));
  const seen = new Set<string>();
  return (container.volumeMounts ?? []).flatMap((mount, index) => {
    const at = path.index(index);
    const errors = requiredString(mount.name, at.child('name'));
    if (!volumes.has(mount.name))
      errors.push({ type: 'FieldValueNotFound', field: String(at.child('name')), value: mount.name ?? '', detail: '' });
    errors.push(...requiredString(mount.mountPath, at.child('mountPath')));
    if (seen.has(mount.mountPath ?? '')) errors.push(invalid(at.child('mountPath'), mount.mountPath, 'must be unique'));
    seen.add(mount.mountPath ?? '');
    return [...errors, ...validateSubPaths(mount, at), ...validatePropagation(mount, container, at)];
  });
}

function validateSubPaths({ subPath = '', subPathExpr = '' }: VolumeMount, path: Path): FieldError[] {
  const errors = subPath === '' ? [] : localPath(subPath, path.child('subPath'));
  if (subPathExpr === '') return errors;
  if (subPath !== '') {
    errors.push(invalid(path.child('subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  }
  return [...errors, ...localPath(subPathExpr, path.child('subPathExpr'))];
}

function validatePropagation(mount: VolumeMount, container: Container, path: Path): FieldError[] {
  if (mount.mountPropagation === undefined) return [];
  const errors = oneOf(mount.mountPropagation, PROPAGATIONS, path.child('mountPropagation'));
  if (mount.mountPropagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
    errors.push(
      forbidden(
        path.child('mountPropagation'),
        'Bidirectional mount propagation is available only to privileged containers',
      ),
    );
  }
  return errors;
}
