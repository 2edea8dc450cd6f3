import type { AuthorizationQuestion } from '@keelson/cel';
import type { Authorizer } from '../../auth/authorizer.js';
import { fieldRequirements, labelRequirements } from '../../auth/selector-requirements.js';
import { serviceAccountGroups, serviceAccountUser } from '../../auth/user.js';
import type { AskRights } from './conditions.js';
import type { Asked } from './subject.js';

/** What whoever asks may do, or a service account. */
export function rightsOf(authorizer: Authorizer, { context }: Asked): AskRights {
  const { user } = context;
  return async (question: AuthorizationQuestion) => {
    const { serviceAccount: account, path, verb } = question;
    const who =
      account === undefined
        ? user
        : {
            user: serviceAccountUser(account.namespace, account.name),
            groups: serviceAccountGroups(account.namespace),
          };
    const { group = '', resource = '', subresource = '', namespace = '', name = '' } = question;
    const { allowed, reason, evaluationError } = await authorizer.authorize(
      {
        ...{ user: who, verb, group, version: '*', resource, subresource, namespace, name },
        ...(path === undefined ? {} : { nonResourcePath: path }),
        fieldSelector: fieldRequirements(question.fieldSelector),
        labelSelector: labelRequirements(question.labelSelector),
      },
      context,
    );
    return { allowed, reason, ...(evaluationError === undefined ? {} : { error: evaluationError }) };
  };
}
