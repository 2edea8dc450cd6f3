import type { User } from '../user.js';

const NODE_USER = 'system:node:';
const NODES = 'system:nodes';

/** The node that a user is; empty: one that does not say which; undefined: no node. */
export function nodeOf({ user, groups }: User): string | undefined {
  return user.startsWith(NODE_USER) && groups.includes(NODES) ? user.slice(NODE_USER.length) : undefined;
}
