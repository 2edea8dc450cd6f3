import { readFileSync } from 'node:fs';
import { deepEqual, isApiError } from '@keelson/api';
import { resources } from '@keelson/client';
import { configured } from '../../framework/configured.js';
import { type Controller, KeyedLoop } from '../../framework/controller.js';
import { isTerminating } from '../../framework/runner.js';

const NAME = 'kube-root-ca.crt';
const ABOUT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

export const rootCaPublisher = configured({
  name: 'root-ca-certificate-publisher',
  flags: {
    'root-ca-file': { type: 'string', default: '', description: 'CA that is published to every namespace' },
  },
  make: ({ 'root-ca-file': file }) => (file === '' ? undefined : publishRootCa(readFileSync(file, 'utf8'))),
});

/** Every namespace has the cluster's CA, for pods that talk to the API server. */
function publishRootCa(rootCa: string): Controller {
  return {
    name: 'root-ca-certificate-publisher',
    setUp(context) {
      const { informers, client } = context;
      const namespaces = informers.for(resources.namespaces);
      const configMaps = informers.for(resources.configMaps);
      const loop = new KeyedLoop('root-ca-certificate-publisher', context);
      loop.feed(namespaces, (it) => [it.metadata.name ?? '']);
      loop.feed(configMaps, (it) => (it.metadata.name === NAME ? [it.metadata.namespace ?? ''] : []));
      const data = { 'ca.crt': rootCa };
      return () =>
        loop.run(1, async (namespace) => {
          const found = namespaces.get('', namespace);
          if (found === undefined || found.metadata.deletionTimestamp !== undefined) return undefined;
          const existing = configMaps.get(namespace, NAME);
          const annotations = { 'kubernetes.io/description': ABOUT };
          try {
            if (existing === undefined) {
              await client.create(resources.configMaps, { metadata: { namespace, name: NAME, annotations }, data });
            } else if (!deepEqual(existing.data, data))
              await client.update(resources.configMaps, { ...existing, data });
          } catch (error) {
            if (!isApiError(error, 'AlreadyExists') && !isTerminating(error) && !isApiError(error, 'NotFound'))
              throw error;
          }
          return undefined;
        });
    },
  };
}
