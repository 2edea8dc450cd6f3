import type { Operation } from '../history.js';
import type { Model } from '../model.js';

/** A version of a key as etcd shows it. */
export interface StoredValue {
  readonly value: string;
  readonly modRevision: number;
  readonly createRevision: number;
  readonly version: number;
}

/** `txn`: if the key's mod revision is this (0: there is no such key), put the value (null: delete), otherwise get. */
export type KeyValueInput =
  | { readonly op: 'get'; readonly key: string }
  | { readonly op: 'delete'; readonly key: string }
  | { readonly op: 'put'; readonly key: string; readonly value: string }
  | { readonly op: 'txn'; readonly key: string; readonly ifModRevision: number; readonly value: string | null };

export interface KeyValueOutput {
  /** The store's revision when the operation was carried out, as the response's header has it. */
  readonly revision: number;
  /** What a get, or a transaction whose compare failed, found; null: nothing. */
  readonly kv?: StoredValue | null;
  /** What a put or delete replaced, if it was asked for. */
  readonly previous?: StoredValue | null;
  /** Keys that a delete removed. */
  readonly deleted?: number;
  /** Whether a transaction's compare held. */
  readonly succeeded?: boolean;
}

/** Undefined numbers are those of writes whose answers nobody saw. */
interface Version {
  readonly value: string;
  readonly version: number;
  readonly modRevision: number | undefined;
  readonly createRevision: number | undefined;
  /** An undefined mod revision is above this. */
  readonly above: number;
}

export interface KeyValueState {
  /** The store's revision is at least this. */
  readonly revision: number;
  readonly kv: Version | undefined;
}

type Step = readonly KeyValueState[];

/**
 * A key of an etcd-like store: values with their revisions. Each key is a partition; the store's revision, which all
 * keys share, must rise within each.
 */
export const keyValue: Model<KeyValueState, KeyValueInput, KeyValueOutput> = {
  init: { revision: 0, kv: undefined },
  partition: (input) => input.key,
  readsOnly: (input) => input.op === 'get',
  alike: (input) => JSON.stringify(input),
  simplified: withoutUnseenValues,
  step(state, input, output) {
    switch (input.op) {
      case 'get':
        return output ? found(state, output) : [state];
      case 'put':
        return output
          ? replaced(state, output).flatMap((next) => put(next, input.value, output))
          : put(state, input.value);
      case 'delete':
        return remove(state, output);
      case 'txn':
        return transact(state, input, output);
    }
  },
  key({ revision, kv }) {
    if (!kv) return `${revision}`;
    return `${revision} ${kv.modRevision ?? `>${kv.above}`} ${kv.createRevision ?? '?'} ${kv.version} ${kv.value}`;
  },
  describe: (input, output) => `${describeInput(input)} = ${output ? describeOutput(output) : '?'}`,
  describeState({ revision, kv }) {
    if (!kv) return `nothing at revision ≥ ${revision}`;
    const mod = kv.modRevision ?? `above ${kv.above}`;
    return `"${kv.value}" (mod ${mod}, create ${kv.createRevision ?? 'unknown'}, version ${kv.version}) at revision ≥ ${revision}`;
  },
};

type KeyValueOperation = Operation<KeyValueInput, KeyValueOutput>;

/** Writes of unknown outcome whose values nobody ever saw write the same: nothing tells which of them took effect. */
function withoutUnseenValues(operations: readonly KeyValueOperation[]): readonly KeyValueOperation[] {
  const seen = new Set<string>();
  for (const { result } of operations)
    for (const each of [result?.output.kv, result?.output.previous]) if (each) seen.add(each.value);
  let unseen = 'unseen';
  while (seen.has(unseen)) unseen += "'";
  return operations.map((operation) => {
    const { input, result } = operation;
    if (result !== undefined || (input.op !== 'put' && input.op !== 'txn')) return operation;
    if (input.value === null || seen.has(input.value)) return operation;
    return { ...operation, input: { ...input, value: unseen } };
  });
}

/** A write's revision is one that the store never had before. */
function put({ revision, kv }: KeyValueState, value: string, output?: KeyValueOutput): Step {
  if (output && output.revision <= revision) return [];
  const modRevision = output?.revision;
  const createRevision = kv ? kv.createRevision : modRevision;
  const next = { value, version: (kv?.version ?? 0) + 1, modRevision, createRevision, above: modRevision ?? revision };
  return [{ revision: modRevision ?? revision + 1, kv: next }];
}

function remove(state: KeyValueState, output: KeyValueOutput | undefined): Step {
  if (!output) return state.kv ? [{ revision: state.revision + 1, kv: undefined }] : [state];
  const { revision, deleted } = output;
  if (deleted !== undefined && deleted !== (state.kv ? 1 : 0)) return [];
  if (!state.kv) return revision >= state.revision ? [{ revision, kv: undefined }] : [];
  if (revision <= state.revision) return [];
  return replaced(state, output).map(() => ({ revision, kv: undefined }));
}

function transact(
  state: KeyValueState,
  { ifModRevision, value }: Extract<KeyValueInput, { op: 'txn' }>,
  output: KeyValueOutput | undefined,
): Step {
  const next: KeyValueState[] = [];
  const met = meets(state, ifModRevision);
  if (met && output?.succeeded !== false) {
    next.push(...(value === null ? remove(met, output) : put(met, value, output)));
  }
  // A mod revision that nobody saw may or may not be the one compared with.
  const certain = state.kv === undefined || state.kv.modRevision !== undefined;
  if (!(met && certain) && output?.succeeded !== true) next.push(...(output ? found(state, output) : [state]));
  return next;
}

/** The state in which the compare holds, if that can be. */
function meets(state: KeyValueState, modRevision: number): KeyValueState | undefined {
  const { kv } = state;
  if (!kv) return modRevision === 0 ? state : undefined;
  if (kv.modRevision !== undefined) return kv.modRevision === modRevision ? state : undefined;
  return modRevision > kv.above ? { ...state, kv: { ...kv, modRevision } } : undefined;
}

function found(state: KeyValueState, { revision, kv }: KeyValueOutput): Step {
  if (revision < state.revision) return [];
  return learn(state, kv, revision).map((next) => ({ ...next, revision }));
}

function replaced(state: KeyValueState, { previous, revision }: KeyValueOutput): Step {
  return learn(state, previous, revision);
}

/** What was seen must be what is there; it tells the numbers that were not known. */
function learn(state: KeyValueState, seen: StoredValue | null | undefined, revision: number): Step {
  const { kv } = state;
  if (seen === undefined) return [state];
  if (seen === null || !kv) return seen === null && !kv ? [state] : [];
  const { modRevision, createRevision } = seen;
  if (seen.value !== kv.value || seen.version !== kv.version || modRevision > revision) return [];
  if (kv.modRevision === undefined ? modRevision <= kv.above : modRevision !== kv.modRevision) return [];
  if (kv.createRevision !== undefined && createRevision !== kv.createRevision) return [];
  if (kv.version === 1 ? createRevision !== modRevision : createRevision >= modRevision) return [];
  return [{ ...state, kv: { ...kv, modRevision, createRevision, above: modRevision } }];
}

function describeInput(input: KeyValueInput): string {
  if (input.op === 'put') return `put ${input.key} "${input.value}"`;
  if (input.op !== 'txn') return `${input.op} ${input.key}`;
  const then = input.value === null ? 'delete' : `put "${input.value}"`;
  return `txn ${input.key} if mod is ${input.ifModRevision} then ${then}`;
}

function describeOutput({ revision, kv, previous, deleted, succeeded }: KeyValueOutput): string {
  const parts = [`revision ${revision}`];
  if (succeeded !== undefined) parts.push(succeeded ? 'succeeded' : 'compare failed');
  if (deleted !== undefined) parts.push(`deleted ${deleted}`);
  if (kv !== undefined) parts.push(describeValue('found', kv));
  if (previous !== undefined) parts.push(describeValue('replaced', previous));
  return parts.join(', ');
}

function describeValue(what: string, kv: StoredValue | null): string {
  if (!kv) return `${what} nothing`;
  return `${what} "${kv.value}" (mod ${kv.modRevision}, create ${kv.createRevision}, version ${kv.version})`;
}
