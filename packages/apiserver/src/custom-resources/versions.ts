import {
  ApiError,
  type CustomResourceDefinition,
  customKind,
  deepEqual,
  type Kind,
  type KubeObject,
  parseApiVersion,
  type StorageForm,
} from '@keelson/api';
import { isTrue } from './conditions.js';

/** Asks somebody for objects in another version of their kind. Rejects with an Error that says what went wrong. */
export type Convert = (
  definition: CustomResourceDefinition,
  objects: readonly KubeObject[],
  apiVersion: string,
) => Promise<readonly KubeObject[]>;

/** What discovery tells of a kind whose objects are going. */
const LAST_VERBS = ['delete', 'deletecollection', 'get', 'list', 'watch'] as const;

/** The kinds of a definition's versions that are served, each with its way to the version that is stored. */
export function servedKinds(definition: CustomResourceDefinition, convert: Convert): Kind[] {
  const versions = new Versions(definition, convert);
  const told = isTrue(definition, 'Terminating') ? { toldVerbs: LAST_VERBS } : {};
  return (definition.spec?.versions ?? [])
    .filter(({ served }) => served === true)
    .map(({ name = '' }) => ({
      ...versions.kind(name),
      ...told,
      hasTypedItems: true,
      storage: versions.storage(name),
    }));
}

/** The versions of a definition, and what is between them. */
class Versions {
  readonly #definition: CustomResourceDefinition;
  readonly #convert: Convert;
  /** By version; one that is not served matters only once something is stored in it. */
  readonly #kinds = new Map<string, Kind>();

  constructor(definition: CustomResourceDefinition, convert: Convert) {
    this.#definition = definition;
    this.#convert = convert;
  }

  kind(version: string): Kind {
    const kind = this.#kinds.get(version) ?? customKind(this.#definition, version);
    this.#kinds.set(version, kind);
    return kind;
  }

  storage(version: string): StorageForm<KubeObject> {
    const { group = '', names = {}, versions = [], conversion } = this.#definition.spec ?? {};
    const stored = versions.find(({ storage }) => storage === true)?.name ?? '';
    const { kind = '', plural = '' } = names;
    const form: StorageForm<KubeObject> = {
      ...{ group, version: stored, kind, plural, isVersion: true },
      toStorage: (it) => this.#relabelled(this.#pruned(version, it), stored),
      fromStorage: (it) => this.#relabelled(this.#read(it), version),
    };
    if (conversion?.strategy !== 'Webhook') return form;
    return {
      ...form,
      byOthers: {
        toStorage: async (it) => (await this.#converted([this.#pruned(version, it)], stored))[0]!,
        fromStorage: (all) =>
          this.#converted(
            all.map((it) => this.#read(it)),
            version,
          ),
      },
    };
  }

  /** What was stored under other rules, as the rules are now: the same thing where that changes nothing. */
  #read(stored: KubeObject): KubeObject {
    const fresh = this.kind(this.#versionOf(stored)).refreshed?.(stored) ?? stored;
    return deepEqual(fresh, stored) ? stored : fresh;
  }

  #versionOf({ apiVersion = '' }: KubeObject): string {
    const { version } = parseApiVersion(apiVersion);
    if (this.#definition.spec?.versions?.some(({ name }) => name === version)) return version;
    throw failed(`request to convert CR from an invalid group/version: ${apiVersion}`);
  }

  /** What the version knows of an object that was made elsewhere. */
  #pruned(version: string, object: KubeObject): KubeObject {
    return this.kind(version).read(object).object as KubeObject;
  }

  #apiVersion(version: string): string {
    return `${this.#definition.spec?.group}/${version}`;
  }

  #relabelled(object: KubeObject, version: string): KubeObject {
    const apiVersion = this.#apiVersion(version);
    if (object.apiVersion === apiVersion) return object;
    return this.#pruned(version, { ...object, apiVersion });
  }

  /** Those of another version are asked for in one question. */
  async #converted(objects: readonly KubeObject[], version: string): Promise<KubeObject[]> {
    const apiVersion = this.#apiVersion(version);
    const others = objects.filter((it) => it.apiVersion !== apiVersion);
    if (others.length === 0) return [...objects];
    let made: readonly KubeObject[];
    try {
      made = await this.#convert(this.#definition, others, apiVersion);
    } catch (error) {
      throw failed((error as Error).message);
    }
    const answers = made[Symbol.iterator]();
    return objects.map((it) => (it.apiVersion === apiVersion ? it : this.#pruned(version, answers.next().value!)));
  }
}

/** As kube-apiserver answers where it has no word for what is wrong. */
function failed(message: string): ApiError {
  return new ApiError({ code: 500, reason: '', message });
}
