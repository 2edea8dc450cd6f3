import { objectKey } from '@keelson/api';
import { resources } from '@keelson/client';
import { remove } from '../../framework/actions.js';
import { type Controller, KeyedLoop } from '../../framework/controller.js';
import { OwnWrites } from '../../framework/own-writes.js';
import { Runner } from '../../framework/runner.js';
import { livesFor, tokenSecrets } from './token.js';

/** Removes tokens with which nodes join as soon as they are over. */
export const tokenCleaner: Controller = {
  name: 'token-cleaner',
  setUp(context) {
    const secrets = tokenSecrets(context.informers);
    const loop = new KeyedLoop('token-cleaner', context);
    loop.feed(secrets, (it) => [objectKey(it)]);
    const runner = new Runner({ ...context, writes: new OwnWrites(context) });
    return () =>
      loop.run(1, async (key) => {
        const secret = secrets.indexer.get(key);
        if (secret === undefined) return undefined;
        const milliseconds = livesFor(secret, context.clock.now());
        if (milliseconds !== 0) return milliseconds;
        const removal = remove(resources.secrets, secret, { ignore: ['Conflict'] });
        return runner.perform(key, secret, { steps: [[removal]] });
      });
  },
};
