import { builtInPriority, discovery, type GroupPriority, type KindRegistry, type PriorityOf } from '@keelson/api';
import type { ResourceCache } from '../storage/resource-cache.js';
import { apiServiceOf, GROUP, nameOf } from './api-service-object.js';

export interface ServedGroupsDependencies {
  kinds: KindRegistry;
  apiServices: ResourceCache;
  /** What other servers serve. */
  others: () => discovery.ServedVersion[];
  /** Calls back when the caches were filled anew. */
  onReset: (listener: () => void) => void;
}

interface Registered {
  readonly group: string;
  readonly version: string;
  readonly priority: GroupPriority;
}

/** Every group and version that there is, of this server and of others, in the order that APIServices give them. */
export class ServedGroups {
  readonly #deps: ServedGroupsDependencies;
  readonly #registered = new Map<string, Registered>();

  constructor(dependencies: ServedGroupsDependencies) {
    this.#deps = dependencies;
    const { apiServices, onReset } = dependencies;
    apiServices.subscribe(({ type, current }) => {
      const { name = '' } = current.object.metadata;
      if (type === 'DELETED') this.#registered.delete(name);
      else this.#register(current.object);
    });
    onReset(() => {
      this.#registered.clear();
      for (const { object } of apiServices.list()) this.#register(object);
    });
  }

  #register(object: Parameters<typeof apiServiceOf>[0]): void {
    const { metadata, spec = {} } = apiServiceOf(object);
    const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = spec;
    const priority = { group: groupPriorityMinimum, version: versionPriority };
    this.#registered.set(metadata.name ?? '', { group, version, priority });
  }

  /** Its own group comes first, whatever anybody says. */
  readonly #priorityOf: PriorityOf = (group, version) => {
    const own = group === GROUP ? undefined : this.#registered.get(nameOf({ group, version }));
    return own?.priority ?? builtInPriority(group, version);
  };

  /** What another server serves it serves instead of this one. */
  versions(): discovery.ServedVersion[] {
    const all = new Map<string, discovery.ServedVersion>();
    for (const it of [...discovery.versionsOf(this.#deps.kinds), ...this.#deps.others()]) all.set(nameOf(it), it);
    return [...all.values()];
  }

  /** The answer to `/apis`. */
  list(): object {
    return discovery.apiGroupList([...this.versions(), ...this.#registered.values()], this.#priorityOf);
  }

  /** The answer to `/apis/GROUP`; undefined where there is no such group. */
  group(name: string): object | undefined {
    return discovery.apiGroup([...this.versions(), ...this.#registered.values()], name, this.#priorityOf);
  }

  /** The aggregated answer to `/apis`. */
  aggregated(): discovery.AggregatedDiscovery {
    return discovery.aggregatedGroups(this.versions(), this.#priorityOf);
  }
}
