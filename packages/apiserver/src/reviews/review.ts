import { invalidObject, type Kind, type KubeObject, type ResourceRequest, trackUpdate } from '@keelson/api';
import type { Clock } from '@keelson/service';
import type { StatusAnswer } from '../registry/answer.js';
import type { RequestContext } from '../registry/context.js';
import { decodeBody } from '../registry/decode-body.js';
import { writerOf } from '../registry/managers.js';
import { settleNamespace, wipeSystemFields } from '../registry/metadata.js';
import { checkWriteOptions, fieldValidationOf } from '../registry/options.js';

/** Answers an object that is a question: it is never stored. */
export type Review = (kind: Kind, request: ResourceRequest, context: RequestContext) => Promise<StatusAnswer>;

/** A review of type T whose answer is made from the decoded question. */
export function review<T extends KubeObject>(
  dependencies: { clock: Clock },
  options: { validates: boolean },
  answer: (question: T, context: RequestContext) => T | Promise<T>,
): Review {
  return async (kind, request, context) => {
    checkWriteOptions('CreateOptions', request.options);
    const question = decodeBody(kind, request.body, fieldValidationOf(request.options), context.warn);
    settleNamespace(kind, question, request.path.namespace);
    wipeSystemFields(question);
    kind.defaults(question);
    trackUpdate(undefined, question, kind, writerOf(kind, '', request.options, context, dependencies.clock));
    const errors = options.validates ? kind.validate(question) : [];
    if (errors.length > 0) throw invalidObject(kind, '', errors);
    const object = await answer(question as T, context);
    return { type: 'status', code: 201, object };
  };
}
