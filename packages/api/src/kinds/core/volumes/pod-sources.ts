/** The sources of pods' volumes, in the order in which upstream looks for them. */
import { type FieldError, forbidden, invalid, type Path, required } from '../../../field-errors.js';
import type {
  ConfigMapVolumeSource,
  CSIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  GitRepoVolumeSource,
  ImageVolumeSource,
  SecretVolumeSource,
  Volume,
} from '../../../gen/types.js';
import { dns1123SubdomainErrors } from '../../../names.js';
import { parseQuantity } from '../../../quantity.js';
import { oneOf, requiredString } from '../../rules.js';
import { validateClaimTemplate } from './claim-spec.js';
import { fileMode, validateDownwardFile, validateItems } from './files.js';
import { iscsi, isSessionNameTooLong, sessionNameTooLong } from './iscsi.js';
import { type SourceRule, source, validateOneSource } from './one-source.js';
import { descendingPath } from './paths.js';
import { projected } from './projected.js';
import * as rules from './source-rules.js';

/** What the rules of a pod's volume want to know of the pod. */
export interface PodVolumeOptions {
  /** Absent or empty where the pod has no name of its own yet, as in templates. */
  readonly podName?: string;
  /** A pod itself, not a template of one. */
  readonly isPod?: boolean;
}

interface PodVolume extends Volume {
  readonly options: PodVolumeOptions;
}

const SOURCES: readonly SourceRule<PodVolume>[] = [
  source('emptyDir', emptyDir),
  source('hostPath', rules.hostPath),
  source('gitRepo', gitRepo),
  source('gcePersistentDisk', rules.gcePersistentDisk, { at: 'persistentDisk' }),
  source('awsElasticBlockStore', rules.awsElasticBlockStore),
  source('secret', secret),
  source('nfs', rules.nfs),
  source('iscsi', iscsi, { always: iscsiName }),
  source('glusterfs', rules.glusterfs),
  source('flocker', rules.flocker),
  source('persistentVolumeClaim', rules.needs('claimName')),
  source('rbd', rules.rbd),
  source('cinder', rules.cinder),
  source('cephfs', rules.monitors, { refusedAt: 'cephFS' }),
  source('quobyte', rules.quobyte),
  // Upstream's own spelling.
  source('downwardAPI', downwardAPI, { refusedAt: 'downwarAPI' }),
  source('fc', rules.fc),
  source('flexVolume', rules.flexVolume),
  source('configMap', configMap),
  source('azureFile', rules.azureFile),
  source('vsphereVolume', rules.needs('volumePath')),
  source('photonPersistentDisk', rules.needs('pdID')),
  source('portworxVolume', rules.needs('volumeID')),
  source('azureDisk', rules.azureDisk),
  source('storageos', rules.storageos),
  source('projected', projected),
  source('scaleIO', rules.scaleIO),
  source('csi', csi),
  source('ephemeral', ephemeral),
  source('image', image),
];

export function validatePodSource(volume: Volume, path: Path, options: PodVolumeOptions): FieldError[] {
  return validateOneSource({ ...volume, options }, SOURCES, path);
}

function emptyDir({ sizeLimit }: EmptyDirVolumeSource, path: Path): FieldError[] {
  if (sizeLimit === undefined || parseQuantity(sizeLimit).nanos >= 0n) return [];
  return [forbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity')];
}

function gitRepo({ repository, directory = '' }: GitRepoVolumeSource, path: Path): FieldError[] {
  return [
    ...requiredString(repository, path.child('repository')),
    ...descendingPath(directory, path.child('directory')),
  ];
}

function secret(it: SecretVolumeSource, path: Path): FieldError[] {
  return [
    ...requiredString(it.secretName, path.child('secretName')),
    ...fileMode(it.defaultMode, path.child('defaultMode')),
    ...validateItems(it.items ?? [], path.child('items')),
  ];
}

function configMap(it: ConfigMapVolumeSource, path: Path): FieldError[] {
  return [
    ...requiredString(it.name, path.child('name')),
    ...fileMode(it.defaultMode, path.child('defaultMode')),
    ...validateItems(it.items ?? [], path.child('items')),
  ];
}

function iscsiName({ name = '', iscsi: own = {} }: PodVolume, path: Path): FieldError[] {
  return isSessionNameTooLong(own, name) ? [sessionNameTooLong(path.child('name'), name)] : [];
}

/** Errors of items point at the volume, not at the item. */
function downwardAPI({ defaultMode, items = [] }: NonNullable<Volume['downwardAPI']>, path: Path): FieldError[] {
  return [
    ...fileMode(defaultMode, path.child('defaultMode')),
    ...items.flatMap((file) => validateDownwardFile(file, path)),
  ];
}

function csi({ driver, nodePublishSecretRef }: CSIVolumeSource, path: Path): FieldError[] {
  const errors = rules.driverName(driver, path.child('driver'));
  if (nodePublishSecretRef === undefined) return errors;
  const { name = '' } = nodePublishSecretRef;
  if (name === '') return [...errors, required(path.child('nodePublishSecretRef', 'name'))];
  return [...errors, ...dns1123SubdomainErrors(name).map((text) => invalid(path.child('name'), name, text))];
}

function ephemeral(it: EphemeralVolumeSource, path: Path, volume: PodVolume, root: Path): FieldError[] {
  const at = path.child('volumeClaimTemplate');
  const { name = '', options } = volume;
  const template = it.volumeClaimTemplate;
  const errors = template === undefined ? [required(at)] : validateClaimTemplate(template, at);
  if ((options.podName ?? '') === '' || name === '') return errors;
  const claim = claimName(options.podName ?? '', name);
  const problems = dns1123SubdomainErrors(claim).map((text) => `PVC name ${JSON.stringify(claim)}: ${text}`);
  return [...errors, ...problems.map((text) => invalid(root.child('name'), name, text))];
}

/** What a claim is called that is made for an ephemeral volume. */
export function claimName(podName: string, volumeName: string): string {
  return `${podName}-${volumeName}`;
}

function image({ reference, pullPolicy }: ImageVolumeSource, path: Path, { options }: PodVolume): FieldError[] {
  const at = path.child('pullPolicy');
  const errors = options.isPod === true ? requiredString(reference, path.child('reference')) : [];
  if (pullPolicy === undefined || pullPolicy === '') return [...errors, required(at)];
  return [...errors, ...oneOf(pullPolicy, ['Always', 'IfNotPresent', 'Never'], at)];
}
