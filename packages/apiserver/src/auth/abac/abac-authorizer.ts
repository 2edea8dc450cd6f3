import { ALLOWED, type AuthorizationAttributes, type Authorizer, type Decision } from '../authorizer.js';
import type { User } from '../user.js';
import type { AbacPolicy } from './abac-policies.js';

const READING = new Set(['get', 'list', 'watch']);
const NO_MATCH: Decision = { allowed: false, reason: 'No policy matched.' };

/** Access by the lines of a file: the first that matches allows, none denies. */
export class AbacAuthorizer implements Authorizer {
  readonly #policies: readonly AbacPolicy[];

  constructor(policies: readonly AbacPolicy[]) {
    this.#policies = policies;
  }

  authorize(attributes: AuthorizationAttributes): Decision {
    return this.#policies.some((policy) => allows(policy, attributes)) ? ALLOWED : NO_MATCH;
  }
}

function allows(policy: AbacPolicy, attributes: AuthorizationAttributes): boolean {
  if (!isFor(policy, attributes.user) || (policy.readonly && !READING.has(attributes.verb))) return false;
  const { nonResourcePath: path } = attributes;
  if (path !== undefined) return isPath(policy.nonResourcePath, path);
  return (
    isWanted(policy.namespace, attributes.namespace) &&
    isWanted(policy.resource, attributes.resource) &&
    isWanted(policy.apiGroup, attributes.group)
  );
}

/** One of the two has to be named. */
function isFor({ user, group }: AbacPolicy, caller: User): boolean {
  if (user === '' && group === '') return false;
  return (user === '' || user === caller.user) && (group === '' || caller.groups.includes(group));
}

function isWanted(wanted: string, value: string): boolean {
  return wanted === '*' || wanted === value;
}

function isPath(wanted: string, path: string): boolean {
  return wanted === path || (wanted.endsWith('*') && path.startsWith(wanted.replace(/\*+$/, '')));
}
