/** The sources of persistent volumes, in the order in which upstream looks for them. */
import { type FieldError, invalid, type Path, required } from '../../../field-errors.js';
import type {
  AzureFilePersistentVolumeSource,
  CinderPersistentVolumeSource,
  CSIPersistentVolumeSource,
  GlusterfsPersistentVolumeSource,
  LocalVolumeSource,
  PersistentVolumeSpec,
  SecretReference,
  StorageOSPersistentVolumeSource,
} from '../../../gen/types.js';
import { dnsLabel, dnsSubdomain, requiredString } from '../../rules.js';
import { persistentIscsi } from './iscsi.js';
import { type SourceRule, source, validateOneSource } from './one-source.js';
import { noBackSteps } from './paths.js';
import * as rules from './source-rules.js';

/** A spec with what its sources' rules want to know of the volume. */
export interface PersistentSources extends PersistentVolumeSpec {
  readonly volumeName: string;
}

const SOURCES: readonly SourceRule<PersistentSources>[] = [
  source('hostPath', rules.hostPath),
  source('gcePersistentDisk', rules.gcePersistentDisk, { at: 'persistentDisk' }),
  source('awsElasticBlockStore', rules.awsElasticBlockStore),
  source('glusterfs', glusterfs),
  source('flocker', rules.flocker),
  source('nfs', rules.nfs),
  source('rbd', rules.rbd),
  source('quobyte', rules.quobyte),
  source('cephfs', rules.monitors, { refusedAt: 'cephFS' }),
  source('iscsi', (it, path, { volumeName }) => persistentIscsi(it, path, volumeName)),
  source('cinder', cinder),
  source('fc', rules.fc),
  source('flexVolume', rules.flexVolume, { besideOthers: true }),
  source('azureFile', azureFile),
  source('vsphereVolume', rules.needs('volumePath')),
  source('photonPersistentDisk', rules.needs('pdID')),
  source('portworxVolume', rules.needs('volumeID')),
  source('azureDisk', rules.azureDisk),
  source('scaleIO', rules.scaleIO),
  source('local', local),
  source('storageos', storageos),
  source('csi', csi),
];

export const PERSISTENT_SOURCES: readonly (keyof PersistentVolumeSpec)[] = SOURCES.map(
  ({ field }) => field as keyof PersistentVolumeSpec,
);

export function validatePersistentSource(spec: PersistentVolumeSpec, volumeName: string, path: Path): FieldError[] {
  return validateOneSource({ ...spec, volumeName }, SOURCES, path);
}

function glusterfs(it: GlusterfsPersistentVolumeSource, path: Path): FieldError[] {
  const { endpointsNamespace: namespace } = it;
  const at = path.child('endpointsNamespace');
  const errors = rules.glusterfs(it, path);
  if (namespace === undefined) return errors;
  if (namespace !== '') return [...errors, ...dnsLabel(namespace, at)];
  return [...errors, invalid(at, '', 'if the endpointnamespace is set, it must be a valid namespace name')];
}

function cinder(it: CinderPersistentVolumeSource, path: Path): FieldError[] {
  return [...rules.cinder(it, path), ...secretNamespace(it.secretRef, path)];
}

function storageos(it: StorageOSPersistentVolumeSource, path: Path): FieldError[] {
  return [...rules.storageos(it, path), ...secretNamespace(it.secretRef, path)];
}

function secretNamespace(ref: rules.SecretName | undefined, path: Path): FieldError[] {
  return ref === undefined ? [] : requiredString(ref.namespace, path.child('secretRef', 'namespace'));
}

function azureFile(it: AzureFilePersistentVolumeSource, path: Path): FieldError[] {
  const errors = rules.azureFile(it, path);
  return it.secretNamespace === '' ? [...errors, required(path.child('secretNamespace'))] : errors;
}

function local({ path: value = '' }: LocalVolumeSource, path: Path, spec: PersistentSources, root: Path): FieldError[] {
  const at = path.child('path');
  const errors = value === '' ? [required(at)] : noBackSteps(value, at);
  if (spec.nodeAffinity !== undefined) return errors;
  return [...errors, required(root.child('nodeAffinity'), 'Local volume requires node affinity')];
}

const SECRETS = [
  ...([
    'controllerPublishSecretRef',
    'controllerExpandSecretRef',
    'nodePublishSecretRef',
    'nodeExpandSecretRef',
  ] as const),
];

function csi(it: CSIPersistentVolumeSource, path: Path): FieldError[] {
  return [
    ...rules.driverName(it.driver, path.child('driver')),
    ...requiredString(it.volumeHandle, path.child('volumeHandle')),
    ...SECRETS.flatMap((field) => secretReference(it[field], path.child(field))),
  ];
}

function secretReference(ref: SecretReference | undefined, path: Path): FieldError[] {
  if (ref === undefined) return [];
  const { name = '', namespace = '' } = ref;
  const [atName, atNamespace] = [path.child('name'), path.child('namespace')];
  return [
    ...(name === '' ? [required(atName)] : dnsSubdomain(name, atName)),
    ...(namespace === '' ? [required(atNamespace)] : dnsLabel(namespace, atNamespace)),
  ];
}
