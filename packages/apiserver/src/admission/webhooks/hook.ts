import {
  type KindRegistry,
  labelSelectorMatcher,
  type MutatingWebhook,
  type MutatingWebhookConfiguration,
  type ValidatingWebhook,
} from '@keelson/api';
import type { ObjectCollection } from '../../registry/collection.js';
import type { StoredObject } from '../../storage/stored-object.js';
import { Conditions } from '../matching/conditions.js';
import { lazily } from '../matching/lazily.js';
import type { Matching } from '../matching/matching.js';
import { RuleIndex } from '../matching/rule-index.js';
import type { Asked } from '../matching/subject.js';

/** One webhook of a configuration, ready to be matched. */
export interface Hook extends Matching {
  /** Of the webhook among all; the same webhook in a changed configuration is the same. */
  readonly uid: string;
  readonly configuration: string;
  readonly name: string;
  readonly webhook: ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;
  /** Compiled when they are asked first. */
  readonly conditions: () => Conditions | undefined;
  readonly ignoresFailures: boolean;
}

/** A webhook, and which one it is of all. */
export interface PlacedHook {
  readonly hook: Hook;
  readonly index: number;
}

/** All webhooks of a kind of configuration: by the names of these, and there in their order. */
export class Hooks {
  readonly #configurations: ObjectCollection;
  readonly #ready = new WeakMap<StoredObject, readonly Hook[]>();

  readonly #index: RuleIndex<PlacedHook>;

  constructor(configurations: ObjectCollection, kinds: Pick<KindRegistry, 'storedWith' | 'generation'>) {
    this.#configurations = configurations;
    this.#index = new RuleIndex({
      kinds,
      sources: [configurations.cache],
      read: () => this.#all(),
      matchingOf: ({ hook }) => hook,
    });
  }

  /** Those whose rules may be about a write, in their order. */
  about(asked: Asked): readonly PlacedHook[] {
    return this.#index.about(asked);
  }

  #all(): PlacedHook[] {
    const stored = [...this.#configurations.cache.list()].sort((a, b) => (a.path < b.path ? -1 : 1));
    return stored.flatMap((it) => this.#of(it)).map((hook, index) => ({ hook, index }));
  }

  #of(stored: StoredObject): readonly Hook[] {
    const known = this.#ready.get(stored);
    if (known !== undefined) return known;
    const { metadata, webhooks = [] } = stored.object as MutatingWebhookConfiguration;
    const configuration = metadata.name ?? '';
    const count = new Map<string, number>();
    const hooks = webhooks.map((webhook): Hook => {
      const { name = '', namespaceSelector, objectSelector, matchConditions = [], failurePolicy } = webhook;
      const nth = count.get(name) ?? 0;
      count.set(name, nth + 1);
      return {
        uid: `${configuration}/${name}/${nth}`,
        configuration,
        name,
        webhook,
        namespaces: labelSelectorMatcher(namespaceSelector ?? {}),
        objects: labelSelectorMatcher(objectSelector ?? {}),
        ...{ rules: webhook.rules ?? [], excluded: [], isOpen: false, isExact: webhook.matchPolicy === 'Exact' },
        conditions: lazily(() =>
          matchConditions.length === 0 ? undefined : new Conditions(matchConditions, failurePolicy),
        ),
        ignoresFailures: failurePolicy === 'Ignore',
      };
    });
    this.#ready.set(stored, hooks);
    return hooks;
  }
}
