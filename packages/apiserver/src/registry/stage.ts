/** The parts of a write that depend on nothing but what they are given: a large one is worked on beside the main thread. */
import {
  ApiError,
  allKinds,
  decodeJson,
  encodeJson,
  invalidObject,
  type Kind,
  KindRegistry,
  type KubeObject,
  type RequestBody,
  type RequestOptions,
  runSteps,
  type Writer,
} from '@keelson/api';
import type { Warn } from './context.js';
import { decodeBody } from './decode-body.js';
import type { FieldValidation } from './options.js';
import { appliedObject, patchObject } from './patch.js';
import { STATUS, WHOLE } from './write.js';

const kinds = new KindRegistry(allKinds);

export interface KindName {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** A body as it goes to another thread. */
interface SentBody {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly yaml?: { readonly json: string; readonly duplicates: string } | { readonly error: string };
}

/** Objects are sent as JSON, which both sides read and write faster than what threads share. */
export type StageQuestion = { readonly kind: KindName } & (
  | { readonly do: 'decode'; readonly body: SentBody; readonly fieldValidation: FieldValidation }
  | {
      readonly do: 'patch';
      readonly body: SentBody;
      readonly fieldValidation: FieldValidation;
      readonly current: string;
    }
  | { readonly do: 'checkApply'; readonly body: SentBody; readonly options: RequestOptions }
  | {
      readonly do: 'apply';
      readonly body: SentBody;
      readonly options: RequestOptions;
      readonly live: string | undefined;
      readonly writer: Writer & { readonly force: boolean };
    }
  | { readonly do: 'validate'; readonly next: string }
  | { readonly do: 'validateUpdate'; readonly part: string; readonly next: string; readonly old: string }
);

export type StageReply =
  | { readonly json: string; readonly warnings: readonly string[] }
  | { readonly refused: Pick<ApiError, 'code' | 'reason' | 'message' | 'details'> }
  | { readonly failed: string };

/** Whether a stage of the kind can be asked of another thread, which knows the built-in kinds only. */
export function isKnownEverywhere({ group, version, plural }: Kind): boolean {
  return kinds.find(group, version, plural) !== undefined;
}

export function sentBody({ mediaType, bytes, yaml }: RequestBody): SentBody {
  if (yaml === undefined) return { mediaType, bytes };
  if (yaml instanceof Error) return { mediaType, bytes: new Uint8Array(), yaml: { error: yaml.message } };
  const { value, duplicates } = yaml;
  return { mediaType, bytes: new Uint8Array(), yaml: { json: encodeJson(value), duplicates } };
}

function received({ mediaType, bytes, yaml }: SentBody): RequestBody {
  if (yaml === undefined) return { mediaType, bytes };
  if ('error' in yaml) return { mediaType, bytes, yaml: new Error(yaml.error) };
  return { mediaType, bytes, yaml: { value: decodeJson(yaml.json), duplicates: yaml.duplicates } };
}

/** The answer to a question, whatever goes wrong. */
export function runStage(question: StageQuestion): StageReply {
  const warnings: string[] = [];
  try {
    const { group, version, plural } = question.kind;
    const kind = kinds.find(group, version, plural);
    if (kind === undefined) throw new Error(`no kind ${group}/${version} ${plural}`);
    const json = encodeJson(answerTo(kind, question, (text) => void warnings.push(text)) ?? null);
    return { json, warnings };
  } catch (error) {
    if (!(error instanceof ApiError)) return { failed: error instanceof Error ? error.message : String(error) };
    const { code, reason, message, details } = error;
    return { refused: { code, reason, message, ...(details === undefined ? {} : { details }) } };
  }
}

function answerTo(kind: Kind, question: StageQuestion, warn: Warn): KubeObject | undefined {
  switch (question.do) {
    case 'decode':
      return decodeBody(kind, received(question.body), question.fieldValidation, warn);
    case 'patch': {
      const proposal = patchObject(kind, received(question.body), question.fieldValidation, warn);
      return runSteps(proposal(objectIn(question.current)));
    }
    case 'checkApply':
      runSteps(appliedObject(kind, received(question.body), question.options));
      return undefined;
    case 'apply': {
      const { live, writer, options } = question;
      const applied = runSteps(appliedObject(kind, received(question.body), options));
      return runSteps(applied.over(live === undefined ? undefined : objectIn(live), writer));
    }
    case 'validate':
      return refuseInvalid(kind, objectIn(question.next), kind.validate(objectIn(question.next)));
    case 'validateUpdate': {
      const [next, old] = [objectIn(question.next), objectIn(question.old)];
      return refuseInvalid(kind, next, (question.part === '' ? WHOLE : STATUS).validate(kind, next, old));
    }
  }
}

function objectIn(json: string): KubeObject {
  return decodeJson(json) as KubeObject;
}

function refuseInvalid(kind: Kind, object: KubeObject, errors: ReturnType<Kind['validate']>): undefined {
  if (errors.length > 0) throw invalidObject(kind, object.metadata.name ?? '', errors);
  return undefined;
}
