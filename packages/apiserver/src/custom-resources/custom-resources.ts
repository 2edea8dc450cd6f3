import {
  apiErrors,
  type CustomResourceDefinition,
  type CustomResourceDefinitionNames,
  type CustomResourceDefinitionSpec,
  deepEqual,
  type Kind,
  type KindRegistry,
} from '@keelson/api';
import type { Logger } from '@keelson/service';
import type { ObjectCollection } from '../registry/collection.js';
import type { Collections } from '../registry/collections.js';
import type { ResourceRules } from '../registry/rules.js';
import type { ResourceCache } from '../storage/resource-cache.js';
import { isTrue } from './conditions.js';
import { type Convert, servedKinds } from './versions.js';

export interface CustomResourcesDependencies {
  /** The definitions. */
  cache: ResourceCache;
  /** Calls back when the caches were filled anew. */
  onReset: (listener: () => void) => void;
  kinds: KindRegistry;
  collections: Collections;
  collectionOf: (kind: Kind, rules: ResourceRules) => ObjectCollection;
  convert: Convert;
  logger: Logger;
}

/** What of a definition decides how its objects are served. */
interface Terms {
  readonly uid: string | undefined;
  readonly spec: CustomResourceDefinitionSpec | undefined;
  readonly names: CustomResourceDefinitionNames | undefined;
  readonly isServed: boolean;
  /** Nothing is created any more. */
  readonly isEnding: boolean;
}

interface Served {
  readonly terms: Terms;
  readonly kinds: readonly Kind[];
}

/** Keeps the kinds that are served those that the definitions in the store say. */
export class CustomResources {
  readonly #deps: CustomResourcesDependencies;
  /** By the definition's name. */
  readonly #served = new Map<string, Served>();

  constructor(dependencies: CustomResourcesDependencies) {
    this.#deps = dependencies;
    dependencies.cache.subscribe(({ type, current: { path, object } }) => {
      if (type === 'DELETED') this.#serve(path, undefined);
      else this.serve(object);
    });
    dependencies.onReset(() => this.#serveAll());
  }

  /** Serves what a definition says from now on: it may be newer than what the cache has. */
  serve(definition: CustomResourceDefinition): void {
    this.#serve(definition.metadata.name ?? '', definition);
  }

  #serveAll(): void {
    const { cache } = this.#deps;
    for (const name of [...this.#served.keys()]) if (cache.get(name) === undefined) this.#serve(name, undefined);
    for (const { object } of cache.list()) this.serve(object);
  }

  #serve(name: string, definition: CustomResourceDefinition | undefined): void {
    const before = this.#served.get(name);
    const terms = definition && termsOf(definition);
    if (deepEqual(before?.terms, terms)) return;
    const kinds = definition !== undefined && terms?.isServed === true ? this.#kindsOf(definition) : [];
    if (terms === undefined) this.#served.delete(name);
    else this.#served.set(name, { terms, kinds });
    const isSame = before?.terms.uid === terms?.uid;
    for (const kind of before?.kinds ?? []) {
      if (isSame && kinds.some((it) => it.version === kind.version && it.plural === kind.plural)) continue;
      this.#deps.kinds.remove(kind.group, kind.version, kind.plural);
      this.#deps.collections.remove(kind);
    }
    for (const kind of kinds) this.#put(name, kind);
    // All versions are of the same objects, of which what was made is true no more.
    if (before !== undefined && kinds[0] !== undefined) this.#deps.collections.of(kinds[0])?.cache.renew();
  }

  #put(name: string, kind: Kind): void {
    const { kinds, collections, collectionOf } = this.#deps;
    const collection = collections.of(kind);
    if (collection === undefined) {
      const checkCreate = (object: string) => {
        if (this.#served.get(name)?.terms.isEnding !== true) return;
        const why = 'create not allowed while custom resource definition is terminating';
        throw apiErrors.forbidden(kind, object, why);
      };
      collections.add(collectionOf(kind, { checkCreate }));
    } else collection.become(kind);
    kinds.add(kind);
  }

  /** Those that can be served; not in the place of what the server has of its own. */
  #kindsOf(definition: CustomResourceDefinition): Kind[] {
    const { kinds, convert, logger } = this.#deps;
    const own = this.#served.get(definition.metadata.name ?? '')?.kinds ?? [];
    try {
      return servedKinds(definition, convert).filter(({ group, version, plural }) => {
        const known = kinds.find(group, version, plural);
        return known === undefined || own.includes(known);
      });
    } catch (error) {
      logger.warn({ err: error, definition: definition.metadata.name }, 'a definition’s objects cannot be served');
      return [];
    }
  }
}

function termsOf(definition: CustomResourceDefinition): Terms {
  const { metadata, spec, status } = definition;
  return {
    uid: metadata.uid,
    spec,
    names: status?.acceptedNames,
    isServed: isTrue(definition, 'NamesAccepted') || isTrue(definition, 'Established'),
    isEnding: metadata.deletionTimestamp !== undefined || isTrue(definition, 'Terminating'),
  };
}
