import {
  type KindRegistry,
  labelSelectorMatcher,
  type MatchResources,
  type MutatingAdmissionPolicySpec,
  type ParamKind,
  type ParamRef,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
  type ValidatingAdmissionPolicySpec,
} from '@keelson/api';
import type { ObjectCollection } from '../../registry/collection.js';
import type { StoredObject } from '../../storage/stored-object.js';
import { lazily } from '../matching/lazily.js';
import type { Matching } from '../matching/matching.js';
import { RuleIndex } from '../matching/rule-index.js';
import type { Asked } from '../matching/subject.js';

type Spec = ValidatingAdmissionPolicySpec & MutatingAdmissionPolicySpec;

export interface Binding {
  readonly name: string;
  /** Absent: it is about all that its policy is about. */
  readonly matching: Matching | undefined;
  readonly paramRef: ParamRef | undefined;
  readonly actions: readonly string[];
}

export interface Policy<Program> {
  readonly name: string;
  readonly matching: Matching;
  readonly paramKind: ParamKind | undefined;
  readonly ignoresFailures: boolean;
  /** Compiled when it is asked first. */
  readonly program: () => Program;
}

export interface BoundPolicy<Program> {
  readonly policy: Policy<Program>;
  readonly bindings: readonly Binding[];
}

/** Policies with what binds them, by name; each is compiled once. */
export class Policies<Program> {
  readonly #policies: ObjectCollection;
  readonly #bindings: ObjectCollection;
  readonly #compile: (spec: Spec) => Program;
  readonly #ready = new WeakMap<StoredObject, Policy<Program>>();
  readonly #bound = new WeakMap<StoredObject, Binding & { readonly policy: string }>();
  readonly #index: RuleIndex<BoundPolicy<Program>>;

  constructor(dependencies: {
    policies: ObjectCollection;
    bindings: ObjectCollection;
    compile: (spec: Spec) => Program;
    kinds: Pick<KindRegistry, 'storedWith' | 'generation'>;
  }) {
    this.#compile = dependencies.compile;
    this.#policies = dependencies.policies;
    this.#bindings = dependencies.bindings;
    this.#index = new RuleIndex({
      kinds: dependencies.kinds,
      sources: [this.#policies.cache, this.#bindings.cache],
      read: () => this.#all(),
      matchingOf: ({ policy }) => policy.matching,
    });
  }

  /** Those whose rules may be about a write, in their order; without a binding a policy is about nothing. */
  about(asked: Asked): readonly BoundPolicy<Program>[] {
    return this.#index.about(asked);
  }

  #all(): BoundPolicy<Program>[] {
    const byPolicy = new Map<string, Binding[]>();
    for (const stored of inOrder(this.#bindings)) {
      const binding = this.#bindingOf(stored);
      const known = byPolicy.get(binding.policy);
      if (known === undefined) byPolicy.set(binding.policy, [binding]);
      else known.push(binding);
    }
    if (byPolicy.size === 0) return [];
    return inOrder(this.#policies).flatMap((stored) => {
      const bindings = byPolicy.get(stored.object.metadata.name ?? '');
      return bindings === undefined ? [] : [{ policy: this.#policyOf(stored), bindings }];
    });
  }

  #policyOf(stored: StoredObject): Policy<Program> {
    const known = this.#ready.get(stored);
    if (known !== undefined) return known;
    const { metadata, spec = {} } = stored.object as ValidatingAdmissionPolicy;
    const policy = {
      name: metadata.name ?? '',
      matching: matchingOf(spec.matchConstraints ?? {}),
      paramKind: spec.paramKind,
      ignoresFailures: spec.failurePolicy === 'Ignore',
      program: lazily(() => this.#compile(spec)),
    };
    this.#ready.set(stored, policy);
    return policy;
  }

  #bindingOf(stored: StoredObject): Binding & { readonly policy: string } {
    const known = this.#bound.get(stored);
    if (known !== undefined) return known;
    const { metadata, spec = {} } = stored.object as ValidatingAdmissionPolicyBinding;
    const binding = {
      name: metadata.name ?? '',
      policy: spec.policyName ?? '',
      matching: spec.matchResources && matchingOf(spec.matchResources),
      paramRef: spec.paramRef,
      actions: spec.validationActions ?? [],
    };
    this.#bound.set(stored, binding);
    return binding;
  }
}

function inOrder({ cache }: ObjectCollection): StoredObject[] {
  return [...cache.list()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function matchingOf(resources: MatchResources): Matching {
  const { resourceRules = [], excludeResourceRules = [], matchPolicy, namespaceSelector, objectSelector } = resources;
  return {
    namespaces: labelSelectorMatcher(namespaceSelector ?? {}),
    objects: labelSelectorMatcher(objectSelector ?? {}),
    rules: resourceRules,
    excluded: excludeResourceRules,
    isOpen: true,
    isExact: matchPolicy !== 'Equivalent',
  };
}
