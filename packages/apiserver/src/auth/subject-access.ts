import type { AuthorizationAttributes } from './authorizer.js';
import type { SelectorRequirement } from './selector-requirements.js';

/** The part of a SubjectAccessReview's spec that says what is asked for. */
export function resourceReview(attributes: AuthorizationAttributes): object {
  const { verb, group, version = '', resource, subresource, namespace, name } = attributes;
  const { fieldSelector = [], labelSelector = [] } = attributes;
  return {
    resourceAttributes: {
      ...filled({ namespace, verb, group, version, resource, subresource, name }),
      ...selector('fieldSelector', fieldSelector),
      ...selector('labelSelector', labelSelector),
    },
  };
}

export function nonResourceReview({ nonResourcePath: path = '', verb }: AuthorizationAttributes): object {
  return { nonResourceAttributes: { path, verb } };
}

function filled(fields: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

function selector(field: string, requirements: readonly SelectorRequirement[]): object {
  return requirements.length === 0 ? {} : { [field]: { requirements } };
}
