import { type KubeObject, objectKey } from '@keelson/api';
import { type Informer, resources } from '@keelson/client';
import { remove } from '../../framework/actions.js';
import { type Controller, KeyedLoop } from '../../framework/controller.js';
import { runDecisions, UNDECIDED } from '../../framework/decisions.js';
import { livesFor, tokenSecrets } from './token.js';

/** Removes tokens with which nodes join as soon as they are over. */
export const tokenCleaner: Controller = {
  name: 'token-cleaner',
  setUp(context) {
    const secrets = tokenSecrets(context.informers);
    const loop = new KeyedLoop('token-cleaner', context);
    loop.feed(secrets, (it) => [objectKey(it)]);
    return () =>
      runDecisions(loop, context, {
        workers: 1,
        owners: secrets as unknown as Informer<KubeObject>,
        decide(key, now) {
          const subject = secrets.indexer.get(key);
          if (subject === undefined) return UNDECIDED;
          const again = livesFor(subject, now);
          if (again !== 0) return { subject, decision: { again } };
          return { subject, decision: { steps: [[remove(resources.secrets, subject, { ignore: ['Conflict'] })]] } };
        },
      });
  },
};
