/** Rules of mounts of volumes into containers, and of volumes that are devices there. */
import { type FieldError, forbidden, invalid, notFound, notSupported, type Path } from '../../../field-errors.js';
import type { Container, PodSpec, VolumeMount } from '../../../gen/types.js';
import { oneOf, requiredString } from '../../rules.js';
import { descendingPath, noBackSteps } from '../volumes/paths.js';

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

export function validateVolumeMounts(container: Container, spec: PodSpec, path: Path): FieldError[] {
  const volumes = new Set((spec.volumes ?? []).map((volume) => volume.name));
  const devices = container.volumeDevices ?? [];
  const seen = new Set<string>();
  return (container.volumeMounts ?? []).flatMap((mount, index) => {
    const at = path.index(index);
    const { name = '', mountPath = '' } = mount;
    const errors = requiredString(name, at.child('name'));
    if (!volumes.has(name)) errors.push(notFound(at.child('name'), name));
    errors.push(...requiredString(mountPath, at.child('mountPath')));
    if (seen.has(mountPath)) errors.push(invalid(at.child('mountPath'), mountPath, 'must be unique'));
    seen.add(mountPath);
    if (devices.some((it) => (it.name ?? '') === name))
      errors.push(invalid(at.child('name'), name, 'must not already exist in volumeDevices'));
    if (devices.some((it) => (it.devicePath ?? '') === mountPath))
      errors.push(invalid(at.child('mountPath'), mountPath, 'must not already exist as a path in volumeDevices'));
    // Upstream's paths of these leave the index out.
    return [
      ...errors,
      ...validateSubPaths(mount, at, path),
      ...validatePropagation(mount, container, path),
      ...validateRecursiveReadOnly(mount, path.child('recursiveReadOnly')),
    ];
  });
}

/** Block devices that a container sees as they are: volumes that are claims, and nothing else. */
export function validateVolumeDevices(container: Container, spec: PodSpec, path: Path): FieldError[] {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name ?? '', volume]));
  const mounts = container.volumeMounts ?? [];
  const names = new Set<string>();
  const paths = new Set<string>();
  return (container.volumeDevices ?? []).flatMap(({ name = '', devicePath = '' }, index) => {
    const at = path.index(index);
    const errors = requiredString(name, at.child('name'));
    if (names.has(name)) errors.push(invalid(at.child('name'), name, 'must be unique'));
    const volume = volumes.get(name);
    if (volume === undefined) errors.push(notFound(at.child('name'), name));
    else if (volume.persistentVolumeClaim == null && volume.ephemeral == null) {
      const text = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.push(invalid(at.child('name'), name, text));
    }
    const where = at.child('devicePath');
    errors.push(...requiredString(devicePath, where));
    if (paths.has(devicePath)) errors.push(invalid(where, devicePath, 'must be unique'));
    if (noBackSteps(devicePath, where).length > 0)
      errors.push(invalid(where, devicePath, "can not contain backsteps ('..')"));
    else paths.add(devicePath);
    if (mounts.some((it) => (it.mountPath ?? '') === devicePath))
      errors.push(invalid(where, devicePath, 'must not already exist as a path in volumeMounts'));
    if (mounts.some((it) => (it.name ?? '') === name))
      errors.push(invalid(at.child('name'), name, 'must not already exist in volumeMounts'));
    names.add(name);
    return errors;
  });
}

const RECURSIVE = ['Disabled', 'Enabled', 'IfPossible'];

function validateRecursiveReadOnly(mount: VolumeMount, path: Path): FieldError[] {
  const { recursiveReadOnly: mode, readOnly, mountPropagation = 'None' } = mount;
  if (mode === undefined) return [];
  if (!RECURSIVE.includes(mode)) return [notSupported(path, mode, RECURSIVE)];
  if (mode === 'Disabled') return [];
  const errors = readOnly === true ? [] : [forbidden(path, 'may only be specified when readOnly is true')];
  if (mountPropagation !== 'None')
    errors.push(forbidden(path, 'may only be specified when mountPropagation is None or not specified'));
  return errors;
}

function validateSubPaths({ subPath = '', subPathExpr = '' }: VolumeMount, at: Path, path: Path): FieldError[] {
  const errors = subPath === '' ? [] : descendingPath(subPath, path.child('subPath'));
  if (subPathExpr === '') return errors;
  if (subPath !== '') {
    errors.push(invalid(at.child('subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  }
  return [...errors, ...descendingPath(subPathExpr, path.child('subPathExpr'))];
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
