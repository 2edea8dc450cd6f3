import { isApiError } from '@keelson/api';
import type { TokenSource } from '../credentials/credentials.js';
import type { Transport } from './transport.js';

/** The same transport, which asks once more with another token where that which it showed is not accepted. */
export function renewing(transport: Transport, token: TokenSource): Transport {
  const again = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      if (!isApiError(error) || error.code !== 401 || !(await token.refused())) throw error;
      return await ask();
    }
  };
  return {
    call: (request, options) => again(() => transport.call(request, options)),
    watch: (request, options) => transport.watch(request, options),
    discover: (options) => again(() => transport.discover(options)),
    close: () => transport.close(),
  };
}
