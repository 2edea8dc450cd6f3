import { isApiError, type Namespace } from '@keelson/api';
import { resources } from '@keelson/client';
import { type Controller, KeyedLoop } from '../../framework/controller.js';
import { isTerminating } from '../../framework/runner.js';

const NAME = 'default';

/** Every namespace has the service account that pods get when they name none. */
export const serviceAccountController: Controller = {
  name: 'serviceaccount',
  setUp(context) {
    const { informers, client } = context;
    const namespaces = informers.for(resources.namespaces);
    const accounts = informers.for(resources.serviceAccounts);
    const loop = new KeyedLoop('serviceaccount', context);
    loop.feed(namespaces, (it) => [it.metadata.name ?? '']);
    loop.feed(accounts, (it) => (it.metadata.name === NAME ? [it.metadata.namespace ?? ''] : []));
    return () =>
      loop.run(1, async (namespace) => {
        if (!isActive(namespaces.get('', namespace)) || accounts.get(namespace, NAME) !== undefined) return undefined;
        try {
          await client.create(resources.serviceAccounts, { metadata: { namespace, name: NAME } });
        } catch (error) {
          if (!isApiError(error, 'AlreadyExists') && !isTerminating(error) && !isApiError(error, 'NotFound'))
            throw error;
        }
        return undefined;
      });
  },
};

function isActive(namespace: Namespace | undefined): boolean {
  return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined;
}
