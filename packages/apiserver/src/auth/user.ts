import type { Identity } from '@keelson/service';

/** Who asks, as far as it is known: certificates give a name and groups, tokens and impersonation may say more. */
export interface User extends Identity {
  readonly uid?: string | undefined;
  readonly extra?: Readonly<Record<string, string[]>> | undefined;
}

export const SUPERUSERS = 'system:masters';
export const AUTHENTICATED = 'system:authenticated';
export const UNAUTHENTICATED = 'system:unauthenticated';
export const ANONYMOUS: User = { user: 'system:anonymous', groups: [UNAUTHENTICATED] };

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

export function serviceAccountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

export function serviceAccountOf(user: string): { namespace: string; name: string } | undefined {
  const match = SERVICE_ACCOUNT.exec(user);
  return match === null ? undefined : { namespace: match[1]!, name: match[2]! };
}

export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/** authentication.k8s.io's UserInfo of a user. */
export function userInfoOf({ user, uid, groups, extra }: User): object {
  return {
    username: user,
    ...(uid ? { uid } : {}),
    ...(groups.length > 0 ? { groups } : {}),
    ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
  };
}
