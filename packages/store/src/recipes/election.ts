import type { ServerWritableStream } from '@grpc/grpc-js';
import { etcd, type Handlers, type Init } from '@keelson/protocol';
import { writeTo } from '@keelson/service';
import { type DoorContext, header, toStatus } from '../services/door.js';
import type { WatchHub } from '../watch/hub.js';
import { awaitEvent } from './await-event.js';
import { placesOf, recipeError } from './line.js';
import { cancellation, type LineOf, unknownErrors } from './lock.js';

/** etcd's Election service: whoever is first in the line of a name leads, and its key's value is what it proclaims. */
export function electionService(
  context: DoorContext,
  dependencies: { readonly lineOf: LineOf; readonly hub: WatchHub },
): Handlers<typeof etcd.ElectionService> {
  const { lineOf, hub } = dependencies;
  return {
    campaign: ({ name, lease, value }, call) =>
      unknownErrors(async () => {
        const line = await lineOf(call);
        const place = await line.join(Buffer.from(name), lease, value);
        const { found } = place;
        if (found && !found.value.equals(value)) {
          await line.change(place.key, found.createRevision, { put: value, lease: place.lease });
        }
        try {
          await line.untilFirst(Buffer.from(name), place, cancellation(call));
        } catch (error) {
          if (call.cancelled) await line.leave(place.key).catch(() => undefined);
          throw error;
        }
        const leader = { name, key: place.key, rev: place.createRevision, lease: place.lease };
        return { header: header(context, place.revision), leader };
      }),

    proclaim: ({ leader, value }, call) =>
      unknownErrors(async () => {
        const { key, rev, lease } = required(leader);
        const { succeeded, revision } = await (await lineOf(call)).change(key, rev, { put: value, lease });
        if (!succeeded) throw recipeError('election: not leader');
        return { header: header(context, revision) };
      }),

    resign: ({ leader }, call) =>
      unknownErrors(async () => {
        const { key, rev } = required(leader);
        const { revision } = await (await lineOf(call)).change(key, rev, 'delete');
        return { header: header(context, revision) };
      }),

    leader: ({ name }, call) =>
      unknownErrors(async () => {
        const { kv, revision } = await (await lineOf(call)).first(name);
        if (!kv) throw recipeError('election: no leader');
        return { header: header(context, revision), kv };
      }),

    observe(call) {
      observe(context, lineOf, hub, call).catch((error: unknown) => {
        if (!call.cancelled && !call.destroyed) call.emit('error', toStatus(context.logger)(error));
      });
    },
  };
}

function required(leader: etcd.LeaderKey | undefined): etcd.LeaderKey {
  if (!leader) throw recipeError('"leader" field must be provided');
  return leader;
}

type ObserveCall = ServerWritableStream<etcd.LeaderRequest, Init<etcd.LeaderResponse>>;

/** Tells every leader and everything it proclaims, until the caller goes. */
async function observe(context: DoorContext, lineOf: LineOf, hub: WatchHub, call: ObserveCall): Promise<void> {
  const signal = cancellation(call);
  const name = Buffer.from(call.request.name);
  const tell = (kv: etcd.KeyValue, revision: number) => writeTo(call, { header: header(context, revision), kv });
  while (!signal.aborted) {
    const line = await lineOf(call);
    const first = await line.first(name);
    let kv = first.kv ?? (await firstCandidate(hub, name, first.revision, signal));
    let revision = first.kv ? first.revision : (kv?.modRevision ?? 0);
    const key = kv && Buffer.from(kv.key);
    while (kv && key) {
      await tell(kv, revision);
      const awaited = { start: key, end: undefined, fromRevision: revision + 1, matches: () => true };
      const event: etcd.Event | undefined = await awaitEvent(hub, awaited, signal);
      kv = event?.type === etcd.EventType.PUT ? event.kv : undefined;
      revision = kv?.modRevision ?? 0;
    }
  }
}

/** Nobody leads: whoever comes first will. */
async function firstCandidate(
  hub: WatchHub,
  name: Buffer,
  revision: number,
  signal: AbortSignal,
): Promise<etcd.KeyValue | undefined> {
  const matches = (event: etcd.Event) => event.type === etcd.EventType.PUT;
  return (await awaitEvent(hub, { ...placesOf(name), fromRevision: revision + 1, matches }, signal))?.kv;
}
