import { etcd } from '@keelson/protocol';
import type { WatchHub } from '../watch/hub.js';
import { Watcher, type WatcherSink } from '../watch/watcher.js';

/** What to wait for: a key (`end` undefined) or a range, from a revision on. */
export interface Awaited {
  readonly start: Buffer;
  readonly end: Buffer | undefined;
  readonly fromRevision: number;
  readonly matches: (event: etcd.Event) => boolean;
}

/**
 * Resolves to the first matching event, or to undefined if it may have been compacted away: look again then.
 * Rejects when the signal aborts.
 */
export function awaitEvent(hub: WatchHub, awaited: Awaited, signal: AbortSignal): Promise<etcd.Event | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      hub.remove(watcher);
      signal.removeEventListener('abort', abort);
      act();
    };
    const abort = () => settle(() => reject(signal.reason));
    const sink: WatcherSink = {
      blocked: false,
      send(_, { events }) {
        const event = events.map((bytes) => etcd.Event.decode(bytes)).find(awaited.matches);
        if (event) settle(() => resolve(event));
      },
      compacted: () => settle(() => resolve(undefined)),
    };
    const spec = {
      ...{ start: awaited.start, end: awaited.end, startRevision: awaited.fromRevision },
      ...{ prevKv: false, noPut: false, noDelete: false, fragment: false, progressNotify: false },
    };
    const watcher = new Watcher(0, spec, sink, hub.revision);
    if (signal.aborted) reject(signal.reason);
    else {
      signal.addEventListener('abort', abort, { once: true });
      hub.add(watcher);
    }
  });
}
