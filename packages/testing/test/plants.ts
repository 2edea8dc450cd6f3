import type { Backend, Databases } from '@keelson/store/internal';
import type { Plant } from '../src/index.js';

/** A member's databases with each wrapped. */
function wrapped(databases: Databases, wrap: (backend: Backend) => Backend): Databases {
  const inner = new Map<Backend, Backend>();
  const open = async (opened: Promise<Backend>) => {
    const backend = await opened;
    const outer = wrap(backend);
    inner.set(outer, backend);
    return outer;
  };
  return {
    current: (marked) => open(databases.current(marked)),
    clean: (current) => databases.clean(inner.get(current)!),
    prepare: (snapshot) => databases.prepare(snapshot),
    install: (index) => open(databases.install(index)),
    discard: (backend) => databases.discard(inner.get(backend)!),
  };
}

/** The same backend but for some methods. */
function changed(backend: Backend, changes: (backend: Backend) => Partial<Backend>): Backend {
  const overrides = changes(backend) as Record<string | symbol, unknown>;
  return new Proxy(backend, {
    get(target, name) {
      if (name in overrides) return overrides[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const meta = (name: string) => Buffer.from(`m${name}`);
const HISTORY = 0x68;
const isDeletion = (value: Buffer) => value[0] === 1;

function revisionBytes(revision: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(revision));
  return bytes;
}

function historyAt(backend: Backend, revision: number) {
  const key = (main: number) => {
    const bytes = Buffer.alloc(9);
    bytes[0] = HISTORY;
    bytes.writeUIntBE(main, 3, 6);
    return bytes;
  };
  return [...backend.scan(key(revision), key(revision + 1))];
}

/** Compactions take a deletion at their own revision with them, as etcd did until 3.5.15. */
function forgetsDeletions(backend: Backend): Partial<Backend> {
  return {
    put(key, value) {
      backend.put(key, value);
      if (!key.equals(meta('compacted'))) return;
      const revision = Number(value.readBigUInt64BE());
      for (const [each, change] of historyAt(backend, revision)) if (isDeletion(change)) backend.remove(each);
    },
  };
}

export const acknowledgedBeforeSync: Plant = {
  name: 'a write is acknowledged before it is synced (etcd #14370)',
  disk: (disk) => ({
    ...disk,
    async open(path) {
      const file = await disk.open(path);
      return {
        ...file,
        async sync() {
          void file.sync();
        },
      };
    },
  }),
};

export const progressAheadOfEvents: Plant = {
  name: 'progress is told ahead of events (etcd #15220)',
  core: ({ hub }) => {
    hub.isCurrent = () => true;
  },
};

export const revisionGoesBack: Plant = {
  name: 'the revision goes back after a crash: it is that of the last change that a compaction left (etcd #17780)',
  databases: (databases) =>
    wrapped(databases, (backend) =>
      changed(backend, () => ({
        get(key) {
          const stored = backend.get(key);
          if (!stored || !key.equals(meta('revision'))) return stored;
          const compacted = Number(backend.get(meta('compacted'))?.readBigUInt64BE() ?? 0);
          for (const [last, change] of backend.scan(Buffer.of(HISTORY), Buffer.of(HISTORY + 1), { reverse: true })) {
            if (!isDeletion(change) || last.readUIntBE(3, 6) > compacted) return revisionBytes(last.readUIntBE(3, 6));
          }
          return revisionBytes(1);
        },
      })),
    ),
};

export const staleReads: Plant = {
  name: 'a leader that was stopped reads without asking whether it still leads (etcd #20418)',
  core: ({ replica }) => {
    const ask = replica.linearizable.bind(replica);
    replica.linearizable = () => (replica.isLeader ? Promise.resolve() : ask());
  },
};

export const appliedIndexApart: Plant = {
  name: 'the applied index is made durable apart from the data (etcd 3.5.0)',
  databases: (databases) =>
    wrapped(databases, (backend) =>
      changed(backend, () => {
        let applied: Buffer | undefined;
        return {
          put(key, value) {
            if (key.equals(meta('applied'))) applied = value;
            else backend.put(key, value);
          },
          get: (key) => (applied && key.equals(meta('applied')) ? applied : backend.get(key)),
          async commit() {
            const mine = applied;
            await backend.commit();
            if (!mine) return;
            backend.put(meta('applied'), mine);
            await backend.commit();
          },
        };
      }),
    ),
};

export const repeatedEvents: Plant = {
  name: 'a watch that goes on elsewhere is given its last event again',
  core: ({ hub }) => {
    const add = hub.add.bind(hub);
    hub.add = (watcher) => {
      if (watcher.spec.startRevision > 1) watcher.next -= 1;
      add(watcher);
    };
  },
};

export const eventsLostToCompaction: Plant = {
  name: 'a watch that starts before the compaction goes on after it without a word',
  core: ({ hub, replica }) => {
    const add = hub.add.bind(hub);
    hub.add = (watcher) => {
      watcher.next = Math.max(watcher.next, replica.machine.mvcc.compactRevision);
      add(watcher);
    };
  },
};

export const deletionLostToCompaction: Plant = {
  name: 'a watch from the compaction on does not see what was deleted in it (etcd #18089)',
  databases: (databases) => wrapped(databases, (backend) => changed(backend, forgetsDeletions)),
};

export const leaseRevokedByDeposed: Plant = {
  name: 'a leader that was deposed revokes leases (etcd #15247)',
  core: ({ replica }) => {
    const propose = replica.propose.bind(replica);
    replica.propose = (kind, body, options) => propose(kind, body, { ...options, asLeader: false });
  },
};
