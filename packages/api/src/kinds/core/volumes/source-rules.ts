/** Rules of volume sources that pods' volumes and persistent volumes share. */
import { type FieldError, invalid, notSupported, type Path, required, tooLong } from '../../../field-errors.js';
import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  GCEPersistentDiskVolumeSource,
  HostPathVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
} from '../../../gen/types.js';
import { dns1123SubdomainErrors } from '../../../names.js';
import { dnsLabel, inRange, oneOfOrAbsent, requiredString } from '../../rules.js';
import { noBackSteps } from './paths.js';

const HOST_PATH_TYPES = [
  ...['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'],
];

export function hostPath({ path: value = '', type }: HostPathVolumeSource, path: Path): FieldError[] {
  if (value === '') return [required(path.child('path'))];
  return [...noBackSteps(value, path.child('path')), ...oneOfOrAbsent(type, HOST_PATH_TYPES, path.child('type'))];
}

/** Zero is a whole disk, although the text says otherwise. */
function partition(value: number | undefined, path: Path): FieldError[] {
  return value === undefined || value === 0 ? [] : inRange(value, 1, 255, path);
}

export function gcePersistentDisk(it: GCEPersistentDiskVolumeSource, path: Path): FieldError[] {
  return [...requiredString(it.pdName, path.child('pdName')), ...partition(it.partition, path.child('partition'))];
}

export function awsElasticBlockStore(it: AWSElasticBlockStoreVolumeSource, path: Path): FieldError[] {
  return [...requiredString(it.volumeID, path.child('volumeID')), ...partition(it.partition, path.child('partition'))];
}

export function nfs({ server, path: value = '' }: NFSVolumeSource, path: Path): FieldError[] {
  const at = path.child('path');
  return [
    ...requiredString(server, path.child('server')),
    ...requiredString(value, at),
    ...(value.startsWith('/') ? [] : [invalid(at, value, 'must be an absolute path')]),
  ];
}

export function glusterfs(
  it: { readonly endpoints?: string | undefined; readonly path?: string | undefined },
  path: Path,
): FieldError[] {
  return [...requiredString(it.endpoints, path.child('endpoints')), ...requiredString(it.path, path.child('path'))];
}

export function flocker({ datasetName = '', datasetUUID = '' }: FlockerVolumeSource, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (datasetName === '' && datasetUUID === '') {
    errors.push(required(path, 'one of datasetName and datasetUUID is required'));
  }
  if (datasetName !== '' && datasetUUID !== '') {
    errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  }
  if (datasetName.includes('/')) errors.push(invalid(path.child('datasetName'), datasetName, "must not contain '/'"));
  return errors;
}

export function rbd(
  it: { readonly monitors?: readonly string[] | undefined; readonly image?: string | undefined },
  path: Path,
): FieldError[] {
  return [...monitors(it, path), ...requiredString(it.image, path.child('image'))];
}

export function monitors(it: { readonly monitors?: readonly string[] | undefined }, path: Path): FieldError[] {
  return (it.monitors ?? []).length === 0 ? [required(path.child('monitors'))] : [];
}

const REGISTRY_TEXT = 'must be a host:port pair or multiple pairs separated by commas';

export function quobyte({ registry = '', tenant = '', volume }: QuobyteVolumeSource, path: Path): FieldError[] {
  const at = path.child('registry');
  const errors: FieldError[] = [];
  if (registry === '') errors.push(required(at, REGISTRY_TEXT));
  else if (Buffer.byteLength(tenant) >= 65) {
    errors.push(required(path.child('tenant'), 'must be a UUID and may not exceed a length of 64 characters'));
  } else {
    const wrong = registry.split(',').filter((pair) => !isHostPort(pair));
    errors.push(...wrong.map(() => invalid(at, registry, REGISTRY_TEXT)));
  }
  return [...errors, ...requiredString(volume, path.child('volume'))];
}

/** As Go splits one: a single colon outside of brackets, and brackets around all of the host or nowhere. */
function isHostPort(text: string): boolean {
  const bracketed = /^\[([^[\]]*)\]:([^[\]:]*)$/.test(text);
  return bracketed || /^[^[\]:]*:[^[\]:]*$/.test(text);
}

export function fc({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, path: Path): FieldError[] {
  const at = path.child('targetWWNs');
  const errors: FieldError[] = [];
  if (targetWWNs.length === 0 && wwids.length === 0) {
    errors.push(required(at, 'must specify either targetWWNs or wwids, but not both'));
  }
  if (targetWWNs.length === 0) return errors;
  if (wwids.length > 0) {
    errors.push(invalid(at, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  }
  const atLun = path.child('lun');
  if (lun === undefined) return [...errors, required(atLun, 'lun is required if targetWWNs is specified')];
  return [...errors, ...inRange(lun, 0, 255, atLun)];
}

/** Options of a driver must not look like Kubernetes' own. */
export function flexVolume(
  it: { readonly driver?: string | undefined; readonly options?: Readonly<Record<string, string>> | undefined },
  path: Path,
): FieldError[] {
  const reserved = Object.keys(it.options ?? {}).filter((key) =>
    /\.(kubernetes|k8s)\.io$/.test(`.${key.replace(/\/.*$/s, '').toLowerCase()}`),
  );
  const text = 'kubernetes.io and k8s.io namespaces are reserved';
  return [
    ...requiredString(it.driver, path.child('driver')),
    ...reserved.map((key) => invalid(path.child('options').key(key), key, text)),
  ];
}

const MANAGED_DISK = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_DISK = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

export function azureDisk(it: AzureDiskVolumeSource, path: Path): FieldError[] {
  const { diskURI = '', kind } = it;
  const at = path.child('diskURI');
  const errors = [
    ...requiredString(it.diskName, path.child('diskName')),
    ...requiredString(diskURI, at),
    ...oneOfOrAbsent(it.cachingMode, ['None', 'ReadOnly', 'ReadWrite'], path.child('cachingMode')),
    ...oneOfOrAbsent(kind, ['Dedicated', 'Managed', 'Shared'], path.child('kind')),
  ];
  if (kind === undefined) return errors;
  const [prefix, form] = kind === 'Managed' ? ['/subscriptions/', MANAGED_DISK] : ['https://', BLOB_DISK];
  return diskURI.startsWith(prefix) ? errors : [...errors, notSupported(at, diskURI, [form])];
}

export function azureFile(
  it: { readonly secretName?: string | undefined; readonly shareName?: string | undefined },
  path: Path,
): FieldError[] {
  return [
    ...requiredString(it.secretName, path.child('secretName')),
    ...requiredString(it.shareName, path.child('shareName')),
  ];
}

export function cinder(
  it: { readonly volumeID?: string | undefined; readonly secretRef?: SecretName | undefined },
  path: Path,
): FieldError[] {
  return [...requiredString(it.volumeID, path.child('volumeID')), ...secretName(it.secretRef, path.child('secretRef'))];
}

export interface SecretName {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}

function secretName(ref: SecretName | undefined, path: Path): FieldError[] {
  return ref === undefined ? [] : requiredString(ref.name, path.child('name'));
}

/** One field that must be there. */
export function needs<K extends string>(
  field: K,
): (it: { readonly [F in K]?: string | undefined }, path: Path) => FieldError[] {
  return (it, path) => requiredString(it[field], path.child(field));
}

export function scaleIO(
  it: {
    readonly gateway?: string | undefined;
    readonly system?: string | undefined;
    readonly volumeName?: string | undefined;
  },
  path: Path,
): FieldError[] {
  return (['gateway', 'system', 'volumeName'] as const).flatMap((field) => needs(field)(it, path));
}

export function storageos(
  it: {
    readonly volumeName?: string | undefined;
    readonly volumeNamespace?: string | undefined;
    readonly secretRef?: SecretName | undefined;
  },
  path: Path,
): FieldError[] {
  const { volumeName = '', volumeNamespace = '' } = it;
  const at = path.child('volumeName');
  return [
    ...(volumeName === '' ? [required(at)] : dnsLabel(volumeName, at)),
    ...(volumeNamespace === '' ? [] : dnsLabel(volumeNamespace, path.child('volumeNamespace'))),
    ...secretName(it.secretRef, path.child('secretRef')),
  ];
}

const DRIVER_NAME_MAX = 63;

/** The name of a driver: of CSI, and of devices. */
export function driverName(name: string | undefined, path: Path): FieldError[] {
  const value = name ?? '';
  if (value === '') return [required(path)];
  return [
    ...(Buffer.byteLength(value) > DRIVER_NAME_MAX ? [tooLong(path, DRIVER_NAME_MAX)] : []),
    ...dns1123SubdomainErrors(value.toLowerCase()).map((text) => invalid(path, value, text)),
  ];
}
