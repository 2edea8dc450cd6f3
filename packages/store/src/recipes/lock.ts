import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { etcd, Handlers } from '@keelson/protocol';
import type { Caller } from '../auth/gate.js';
import { type DoorContext, header } from '../services/door.js';
import { asUnknown, type Line, recipeError } from './line.js';

/** The lines of names, on the caller's behalf. */
export type LineOf = (caller: Caller) => Promise<Line>;

const NO_VALUE = Buffer.alloc(0);

/** etcd's Lock service: whoever is first in the line of a name has its lock. */
export function lockService(context: DoorContext, lineOf: LineOf): Handlers<typeof etcd.LockService> {
  return {
    async lock({ name, lease }, call) {
      return await unknownErrors(async () => {
        const line = await lineOf(call);
        const place = await line.join(Buffer.from(name), lease, NO_VALUE);
        const { kv } = await line.before(name, place.createRevision);
        if (!kv) return { header: header(context, place.revision), key: place.key };
        try {
          await line.untilFirst(Buffer.from(name), place, cancellation(call));
        } catch (error) {
          // The caller has gone: nobody would ever unlock.
          if (call.cancelled) await line.leave(place.key).catch(() => undefined);
          throw error;
        }
        const mine = await line.get(place.key);
        if (!mine.kv) throw recipeError('mutex: session is expired');
        return { header: header(context, mine.revision), key: place.key };
      });
    },

    unlock: ({ key }, call) =>
      unknownErrors(async () => ({ header: header(context, await (await lineOf(call)).leave(key)) })),
  };
}

export async function unknownErrors<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw asUnknown(error);
  }
}

export function cancellation(call: Pick<ServerUnaryCall<unknown, unknown>, 'on'>): AbortSignal {
  const controller = new AbortController();
  call.on('cancelled', () => controller.abort(recipeError('context canceled')));
  return controller.signal;
}
