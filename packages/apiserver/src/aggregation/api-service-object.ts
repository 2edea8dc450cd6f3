import type { APIService, APIServiceCondition, GroupVersion, KubeObject } from '@keelson/api';

export const GROUP = 'apiregistration.k8s.io';

/** Under which the server's own writes are known. */
export const MANAGER = 'kube-apiserver';

export function nameOf({ group, version }: GroupVersion): string {
  return `${version}.${group}`;
}

export function apiServiceOf(object: KubeObject): APIService {
  return object as APIService;
}

export function availabilityOf({ status }: APIService): APIServiceCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Available');
}

export function isAvailable(it: APIService): boolean {
  return availabilityOf(it)?.status === 'True';
}

/** A request's path to an APIService. */
export function pathOf(name: string, subresource = '') {
  return { group: GROUP, version: 'v1', resource: 'apiservices', namespace: '', name, subresource };
}
