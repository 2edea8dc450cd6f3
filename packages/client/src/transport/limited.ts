import { ApiError } from '@keelson/api';
import type { Clock } from '@keelson/service';
import { tokenBucket } from '../queue/rate-limiter.js';
import type { CallOptions, Transport } from './transport.js';

export interface RequestRate {
  /** Requests a second. */
  readonly qps: number;
  readonly burst: number;
}

/** The same transport, for whoever may not ask more often than that; watches do not count, as with client-go. */
export function limited(transport: Transport, rate: RequestRate | undefined, clock: Clock): Transport {
  if (rate === undefined) return transport;
  const take = tokenBucket(rate.qps, rate.burst, () => clock.monotonic());
  const turn = async ({ signal }: Pick<CallOptions, 'signal'>) => {
    const wait = take();
    if (wait <= 0) return;
    await clock.sleep(wait, signal).catch((cause: unknown) => {
      const message = 'given up while waiting for the limit of requests to the API server (--kube-api-qps)';
      throw new ApiError({ code: 504, reason: 'Timeout', message, cause });
    });
  };
  return {
    async call(request, options) {
      await turn(options);
      return await transport.call(request, options);
    },
    watch: (request, options) => transport.watch(request, options),
    async discover(options) {
      await turn(options);
      return await transport.discover(options);
    },
    close: () => transport.close(),
  };
}
