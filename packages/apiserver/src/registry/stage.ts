/** The parts of a write that depend on nothing but what they are given: a large one is worked on beside the main thread. */
import {
  ApiError,
  allKinds,
  apiErrors,
  type CustomResourceDefinition,
  customKind,
  decodeJson,
  encodeJson,
  type FieldError,
  invalidObject,
  type Kind,
  KindRegistry,
  type KubeObject,
  type ManagedFieldsEntry,
  type RequestBody,
  type RequestOptions,
  runSteps,
  type Steps,
  trackUpdate,
  type Writer,
} from '@keelson/api';
import type { Warn } from './context.js';
import { decodeBody } from './decode-body.js';
import type { FieldValidation } from './options.js';
import { appliedObject, patchObject } from './patch.js';
import { STATUS, WHOLE } from './write.js';

/** No body could bring the object back. */
const OBJECT_CHARS_MAX = 3 * 1024 * 1024;

const kinds = new KindRegistry(allKinds);

export interface KindName {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** The definition that it is made of, as JSON; none of a kind that is built in. */
  readonly definition?: string;
}

/**
 * An object as JSON, which both sides read and write faster than what threads share. The record of its managers, which
 * may be as large as the rest of it, is a text by itself: one is read in each turn.
 */
export interface SentObject {
  readonly rest: string;
  readonly managers: string | undefined;
}

export function* sent(object: KubeObject): Steps<SentObject> {
  // What a patch or an apply made need not have the shape of its kind.
  const { managedFields, ...metadata } = object.metadata ?? {};
  if (managedFields === undefined) return { rest: encodeJson(object), managers: undefined };
  const rest = encodeJson({ ...object, metadata });
  yield;
  return { rest, managers: encodeJson(managedFields) };
}

export function* received({ rest, managers }: SentObject): Steps<KubeObject> {
  const object = decodeJson(rest) as KubeObject;
  yield; // whatever comes next, the next stage's question too, is in another turn
  if (managers === undefined) return object;
  object.metadata.managedFields = decodeJson(managers) as ManagedFieldsEntry[];
  return object;
}

export type StageQuestion = { readonly kind: KindName } & (
  | { readonly do: 'decode'; readonly body: RequestBody; readonly fieldValidation: FieldValidation }
  | {
      readonly do: 'patch';
      readonly body: RequestBody;
      readonly fieldValidation: FieldValidation;
      readonly current: SentObject;
    }
  | { readonly do: 'checkApply'; readonly body: RequestBody; readonly options: RequestOptions }
  | {
      readonly do: 'apply';
      readonly body: RequestBody;
      readonly options: RequestOptions;
      readonly live: SentObject | undefined;
      readonly writer: Writer & { readonly force: boolean };
    }
  | {
      readonly do: 'default';
      readonly object: SentObject;
      /** Who is recorded to have made this of what there was. */
      readonly writer?: Writer;
      readonly live?: SentObject | undefined;
    }
  | { readonly do: 'complete'; readonly object: SentObject }
  | {
      readonly do: 'validate';
      readonly isLocal: boolean;
      /** What is known to be wrong. */
      readonly errors: readonly FieldError[];
      readonly next: SentObject;
    }
  | {
      readonly do: 'validateUpdate';
      readonly isLocal: boolean;
      readonly errors: readonly FieldError[];
      readonly part: string;
      readonly next: SentObject;
      readonly old: SentObject;
    }
);

export type StageReply =
  | { readonly object: SentObject | undefined; readonly warnings: readonly string[] }
  | {
      readonly refused: Pick<ApiError, 'code' | 'reason' | 'message' | 'details'>;
      readonly warnings: readonly string[];
    }
  | { readonly failed: string };

const definitions = new WeakMap<object, string>();

/** The kind as another thread finds or makes it; undefined if it cannot. */
export function kindName({ group, version, plural, madeOf }: Kind): KindName | undefined {
  if (madeOf === undefined) return kinds.find(group, version, plural) && { group, version, plural };
  let definition = definitions.get(madeOf.definition);
  if (definition === undefined) {
    definition = encodeJson(madeOf.definition);
    definitions.set(madeOf.definition, definition);
  }
  return { group, version, plural, definition };
}

const MADE_MAX = 8;

/** The kinds that are asked about: built in, or made lately of the definition that a question brings along. */
export class KnownKinds {
  readonly #made = new Map<string, Kind>();

  of({ group, version, plural, definition }: KindName): Kind {
    const builtIn = definition === undefined ? kinds.find(group, version, plural) : undefined;
    if (builtIn !== undefined) return builtIn;
    if (definition === undefined) throw new Error(`no kind ${group}/${version} ${plural}`);
    const key = `${version} ${definition}`;
    const kind = this.#made.get(key) ?? customKind(decodeJson(definition) as CustomResourceDefinition, version);
    this.#made.delete(key);
    this.#made.set(key, kind);
    const [oldest] = this.#made.keys();
    if (this.#made.size > MADE_MAX && oldest !== undefined) this.#made.delete(oldest);
    return kind;
  }
}

/** The answer to a question, whatever goes wrong. */
export function runStage(question: StageQuestion, known: KnownKinds): StageReply {
  const warnings: string[] = [];
  try {
    const made = answerTo(known.of(question.kind), question, (text) => void warnings.push(text));
    const object = made && runSteps(sent(made));
    // Defaults can make much of little; what follows works on no more than this.
    if (question.do === 'default' && (object?.rest.length ?? 0) > OBJECT_CHARS_MAX)
      throw apiErrors.requestEntityTooLarge(
        `with its defaults the object has more than ${OBJECT_CHARS_MAX} characters`,
      );
    return { object, warnings };
  } catch (error) {
    if (!(error instanceof ApiError)) return { failed: error instanceof Error ? error.message : String(error) };
    const { code, reason, message, details } = error;
    return { refused: { code, reason, message, ...(details === undefined ? {} : { details }) }, warnings };
  }
}

function answerTo(kind: Kind, question: StageQuestion, warn: Warn): KubeObject | undefined {
  switch (question.do) {
    case 'decode':
      return decodeBody(kind, question.body, question.fieldValidation, warn);
    case 'patch': {
      const proposal = patchObject(kind, question.body, question.fieldValidation, warn);
      return runSteps(proposal(objectIn(question.current)));
    }
    case 'checkApply':
      runSteps(appliedObject(kind, question.body, question.options));
      return undefined;
    case 'apply': {
      const { live, writer, options } = question;
      const applied = runSteps(appliedObject(kind, question.body, options));
      return runSteps(applied.over(live === undefined ? undefined : objectIn(live), writer));
    }
    case 'default': {
      const { live, writer } = question;
      const object = objectIn(question.object);
      kind.defaults(object);
      if (writer !== undefined) trackUpdate(live === undefined ? undefined : objectIn(live), object, kind, writer);
      return object;
    }
    case 'complete': {
      const object = objectIn(question.object);
      kind.defaults(object);
      kind.complete(object);
      return object;
    }
    case 'validate': {
      const next = objectIn(question.next);
      const errors = [...question.errors, ...kind.validate(next)];
      refuseInvalid(kind, next.metadata.name ?? '', errors, question.isLocal);
      return undefined;
    }
    case 'validateUpdate': {
      const [next, old] = [objectIn(question.next), objectIn(question.old)];
      const found = (question.part === '' ? WHOLE : STATUS).validate(kind, next, old);
      const errors = [...question.errors, ...found];
      refuseInvalid(kind, next.metadata.name ?? '', errors, question.isLocal);
      return undefined;
    }
  }
}

function objectIn(object: SentObject): KubeObject {
  return runSteps(received(object));
}

/** Throws 422 for what breaks a rule that the cluster has. */
export function refuseInvalid(kind: Kind, name: string, errors: readonly FieldError[], isLocal: boolean): void {
  const counted = isLocal ? errors.filter((error) => error.rule !== 'loopback') : errors;
  if (counted.length > 0) throw invalidObject(kind, name, counted);
}
