import type { Kind } from '@keelson/api';
import { Gauge, type Registry } from '@keelson/service';

export interface ServerSources {
  readonly version: Readonly<Record<string, string>>;
  inFlight(): { readonly readOnly: number; readonly mutating: number };
  /** Objects of a kind that are held in memory. */
  collections(): Iterable<{ readonly kind: Kind; readonly size: number }>;
}

/** What is read of the server when its metrics are asked for, under upstream's names. */
export function serverMetrics(registry: Registry, sources: ServerSources): void {
  const registers = [registry];
  const { major = '', minor = '', gitVersion = '', gitCommit = '', platform = '' } = sources.version;
  new Gauge({
    name: 'kubernetes_build_info',
    help: 'What this program is; always 1',
    labelNames: ['major', 'minor', 'git_version', 'git_commit', 'platform'],
    registers,
  }).set({ major, minor, git_version: gitVersion, git_commit: gitCommit, platform }, 1);
  new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests that are being served, without watches and streams',
    labelNames: ['request_kind'],
    registers,
    collect() {
      const { readOnly, mutating } = sources.inFlight();
      this.set({ request_kind: 'readOnly' }, readOnly);
      this.set({ request_kind: 'mutating' }, mutating);
    },
  });
  new Gauge({
    name: 'apiserver_storage_objects',
    help: 'Objects that are stored, by kind',
    labelNames: ['resource'],
    registers,
    collect() {
      for (const { kind, size } of sources.collections())
        this.set({ resource: kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}` }, size);
    },
  });
  new Gauge({
    name: 'apiserver_resource_objects',
    help: 'Objects that are stored, by group and kind',
    labelNames: ['group', 'resource'],
    registers,
    collect() {
      for (const { kind, size } of sources.collections()) this.set({ group: kind.group, resource: kind.plural }, size);
    },
  });
}
