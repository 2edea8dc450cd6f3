/** Bodies that several behaviours send. */

export const CONFIG_MAPS = { resource: 'configmaps' } as const;
export const PODS = { resource: 'pods' } as const;
export const DEPLOYMENTS = { resource: 'apps/v1/deployments' } as const;

export function configMap(name: string, data: object = { a: 'b' }, metadata: object = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function pod(name: string, spec: object = {}, metadata: object = {}) {
  const containers = [{ name: 'main', image: 'example.test/image:1' }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { containers, ...spec } };
}

export function deployment(name: string, replicas = 2) {
  const labels = { app: name };
  const { spec } = pod('');
  const template = { metadata: { labels }, spec };
  const metadata = { name, labels };
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata },
    spec: { replicas, selector: { matchLabels: labels }, template },
  };
}
