import { etcd } from '@keelson/protocol';
import type { AuthStore } from '../auth/auth-store.js';
import { type Authorship, CommandKind } from './command.js';

/** Changes of users and roles: only administrators may make them. */
export type AuthKind =
  | 'authEnable'
  | 'authDisable'
  | 'userAdd'
  | 'userDelete'
  | 'userChangePassword'
  | 'userGrantRole'
  | 'userRevokeRole'
  | 'roleAdd'
  | 'roleDelete'
  | 'roleGrantPermission'
  | 'roleRevokePermission';

const CHANGES: Record<AuthKind, (auth: AuthStore, body: Buffer) => void> = {
  authEnable: (auth) => auth.enable(),
  authDisable: (auth) => auth.disable(),
  userAdd: (auth, body) => auth.addUser(etcd.AuthUserAddRequest.decode(body)),
  userDelete: (auth, body) => auth.deleteUser(etcd.AuthUserDeleteRequest.decode(body).name),
  userChangePassword: (auth, body) => auth.changePassword(etcd.AuthUserChangePasswordRequest.decode(body)),
  userGrantRole(auth, body) {
    const { user, role } = etcd.AuthUserGrantRoleRequest.decode(body);
    auth.grantRole(user, role);
  },
  userRevokeRole(auth, body) {
    const { name, role } = etcd.AuthUserRevokeRoleRequest.decode(body);
    auth.revokeRole(name, role);
  },
  roleAdd: (auth, body) => auth.addRole(etcd.AuthRoleAddRequest.decode(body).name),
  roleDelete: (auth, body) => auth.deleteRole(etcd.AuthRoleDeleteRequest.decode(body).role),
  roleGrantPermission: (auth, body) => auth.grantPermission(etcd.AuthRoleGrantPermissionRequest.decode(body)),
  roleRevokePermission: (auth, body) => auth.revokePermission(etcd.AuthRoleRevokePermissionRequest.decode(body)),
};

type AuthKindNumber = (typeof CommandKind)[AuthKind];

const BY_NUMBER = new Map<number, (auth: AuthStore, body: Buffer) => void>(
  Object.entries(CHANGES).map(([name, change]) => [CommandKind[name as AuthKind], change]),
);

export function isAuthKind(kind: CommandKind): kind is AuthKindNumber {
  return BY_NUMBER.has(kind);
}

/** @throws EtcdError */
export function applyAuth(auth: AuthStore, author: Authorship, kind: AuthKindNumber, body: Buffer): undefined {
  auth.requireAdmin(author);
  BY_NUMBER.get(kind)!(auth, body);
}
