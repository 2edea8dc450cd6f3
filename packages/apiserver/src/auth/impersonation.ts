import { apiErrors } from '@keelson/api';
import { unescaped } from '@keelson/service';
import { type AuthorizationAttributes, type Authorizer, refusal } from './authorizer.js';
import {
  ANONYMOUS,
  AUTHENTICATED,
  serviceAccountGroups,
  serviceAccountOf,
  UNAUTHENTICATED,
  type User,
} from './user.js';

/** Whom a caller wants to act as. */
export interface Impersonation {
  readonly user: string;
  readonly groups: readonly string[];
  readonly uid: string;
  readonly extra: Readonly<Record<string, string[]>>;
}

const EXTRA = 'impersonate-extra-';

/** What the Impersonate headers ask for; undefined: nothing. `all` gives every value of a header by lower-case name. */
export function impersonationIn(
  names: Iterable<string>,
  all: (name: string) => readonly string[],
): Impersonation | undefined {
  const extra: Record<string, string[]> = {};
  let found = false;
  for (const name of names) {
    if (!name.startsWith('impersonate-')) continue;
    found = true;
    if (name.startsWith(EXTRA)) extra[unescaped(name.slice(EXTRA.length)).toLowerCase()] = [...all(name)];
  }
  if (!found) return undefined;
  const wanted = {
    user: all('impersonate-user')[0] ?? '',
    groups: all('impersonate-group'),
    uid: all('impersonate-uid')[0] ?? '',
    extra,
  };
  if (wanted.user !== '') return wanted;
  if (wanted.groups.length === 0 && wanted.uid === '' && Object.keys(extra).length === 0) return undefined;
  throw apiErrors.badRequest(`requested ${goText(wanted)} without impersonating a user name`);
}

function goText({ uid, groups, extra }: Impersonation): string {
  const strings = (list: readonly string[]) => `[]string{${list.map((it) => JSON.stringify(it)).join(', ')}}`;
  const keys = Object.keys(extra);
  const map = `map[string][]string{${keys.map((key) => `${JSON.stringify(key)}:${strings(extra[key]!)}`).join(', ')}}`;
  const groupText = groups.length === 0 ? '[]string(nil)' : strings(groups);
  const extraText = keys.length === 0 ? 'map[string][]string(nil)' : map;
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${groupText}, Extra:${extraText}}`;
}

/** Whom a caller acts as, and by which verb, where that is not the older one for everything. */
export interface Acting {
  readonly user: User;
  readonly constraint: string | undefined;
}

/** The user that the caller acts as. Throws the refusal of the first thing that the caller may not take on. */
export async function impersonate(
  wanted: Impersonation,
  request: AuthorizationAttributes,
  authorizer: Authorizer,
): Promise<Acting> {
  let first: Error | undefined;
  for (const { asks: mode, constraint } of modesFor(wanted)) {
    const refused = await firstRefused(mode(wanted, request), authorizer);
    if (refused === undefined) return { user: impersonated(wanted), constraint };
    const { group, resource: plural, name } = refused;
    first ??= apiErrors.forbidden({ group, plural }, name, refusal(refused));
  }
  throw first;
}

async function firstRefused(
  asked: Iterable<AuthorizationAttributes>,
  authorizer: Authorizer,
): Promise<AuthorizationAttributes | undefined> {
  for (const attributes of asked) if (!(await authorizer.authorize(attributes)).allowed) return attributes;
  return undefined;
}

function impersonated({ user, groups, uid, extra }: Impersonation): User {
  const account = serviceAccountOf(user);
  const own = groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : [...groups];
  const general = user === ANONYMOUS.user ? UNAUTHENTICATED : AUTHENTICATED;
  return {
    user,
    groups: own.includes(general) ? own : [...own, general],
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** What a caller must be allowed to do, in the order in which it is asked. */
interface Mode {
  readonly constraint: string | undefined;
  asks(wanted: Impersonation, request: AuthorizationAttributes): Iterable<AuthorizationAttributes>;
}

const GROUP = 'authentication.k8s.io';

/** Constrained impersonation is for one kind of identity and one verb each; the older right is for everything. */
function modesFor({ user, groups, uid, extra }: Impersonation): Mode[] {
  const plain = groups.length === 0 && uid === '' && Object.keys(extra).length === 0;
  const legacy: Mode = { constraint: undefined, asks: legacyRights };
  if (serviceAccountOf(user) !== undefined) return plain ? [constrained('serviceaccount'), legacy] : [legacy];
  if (user.startsWith('system:node:')) return plain ? [constrained('arbitrary-node'), legacy] : [legacy];
  return groups.includes('system:masters') ? [legacy] : [constrained('user-info'), legacy];
}

function constrained(mode: 'user-info' | 'serviceaccount' | 'arbitrary-node'): Mode {
  const verb = `impersonate:${mode}`;
  return {
    constraint: verb,
    *asks(wanted, request) {
      yield { ...request, verb: `impersonate-on:${mode}:${request.verb}` };
      if (mode === 'arbitrary-node') {
        yield asks(request.user, verb, GROUP, 'nodes', wanted.user.slice('system:node:'.length));
      } else yield* identity(wanted, request.user, verb, GROUP);
    },
  };
}

function* legacyRights(wanted: Impersonation, { user }: AuthorizationAttributes): Iterable<AuthorizationAttributes> {
  yield* identity(wanted, user, 'impersonate', '');
}

function* identity(wanted: Impersonation, user: User, verb: string, group: string): Iterable<AuthorizationAttributes> {
  const account = serviceAccountOf(wanted.user);
  if (account === undefined) yield asks(user, verb, group, 'users', wanted.user);
  else yield { ...asks(user, verb, group, 'serviceaccounts', account.name), namespace: account.namespace };
  for (const name of wanted.groups) yield asks(user, verb, group, 'groups', name);
  if (wanted.uid !== '') yield asks(user, verb, GROUP, 'uids', wanted.uid);
  for (const [key, values] of Object.entries(wanted.extra))
    for (const value of values) yield { ...asks(user, verb, GROUP, 'userextras', value), subresource: key };
}

function asks(user: User, verb: string, group: string, resource: string, name: string): AuthorizationAttributes {
  return { user, verb, group, resource, subresource: '', namespace: '', name };
}
