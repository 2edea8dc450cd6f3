/** Rules of mounts of volumes into containers. */
import { type FieldError, forbidden, invalid, type Path } from '../../../field-errors.js';
import type { Container, PodSpec, VolumeMount } from '../../../gen/types.js';
import { oneOf, requiredString } from '../../rules.js';
import { descendingPath } from '../volumes/paths.js';

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
  const errors = subPath === '' ? [] : descendingPath(subPath, path.child('subPath'));
  if (subPathExpr === '') return errors;
  if (subPath !== '') {
    errors.push(invalid(path.child('subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
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
