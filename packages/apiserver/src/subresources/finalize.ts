import { apiErrors, type Namespace } from '@keelson/api';
import { type Answer, storedAnswer } from '../registry/answer.js';
import { decodeBody } from '../registry/decode-body.js';
import { isReleased } from '../registry/deletion.js';
import type { Subresource } from '../registry/handler.js';
import { wantedVersion } from '../registry/metadata.js';
import { fieldValidationOf } from '../registry/options.js';
import { checkUid } from '../registry/precondition.js';

/** Changes a namespace's own finalizers; the last one gone removes a namespace that is marked. */
export const finalizeSubresource: Subresource = {
  async update(collection, request, context): Promise<Answer> {
    const { name } = request.path;
    const { kind, rules } = collection;
    const body = decodeBody(kind, request.body, fieldValidationOf(request.options), context.warn) as Namespace;
    const changed = await collection.change('', name, (current) => {
      if (current === undefined) throw apiErrors.notFound(kind, name);
      checkUid(kind, { namespace: '', name, dryRun: false }, body.metadata.uid, current);
      const version = wantedVersion(body);
      if (version !== undefined && version !== current.metadata.resourceVersion) throw apiErrors.conflict(kind, name);
      const next = current as Namespace;
      next.spec = { ...next.spec, finalizers: body.spec?.finalizers ?? [] };
      return isReleased(rules, next) ? { do: 'delete' } : { do: 'write', object: next };
    });
    return storedAnswer(200, kind, changed.stored);
  },
};
