import { etcd, type Handlers } from '@keelson/protocol';
import type { AuthKind } from '../apply/auth.js';
import { type Authorship, CommandKind } from '../apply/command.js';
import type { Caller } from '../auth/gate.js';
import { type DoorContext, header } from './door.js';

/** etcd's Auth service: changes go through the log, which checks who asks; what is only read is read here. */
export function authService(context: DoorContext): Handlers<typeof etcd.AuthService> {
  const { gate, replica } = context;
  const current = () => ({ header: header(context, replica.machine.mvcc.revision) });

  const change = async (kind: AuthKind, body: Buffer, caller: Caller) => {
    const author = await gate.authorOf(caller);
    await replica.propose<AuthKind>(CommandKind[kind], body, { author });
    return current();
  };

  /** The latest state, and who wants to see it. */
  const look = async (caller: Caller) => {
    await replica.linearizable();
    const author = await gate.authorOf(caller);
    return { author, auth: replica.machine.auth };
  };

  return {
    authEnable: (_, call) => change('authEnable', NO_BODY, call),
    authDisable: (_, call) => change('authDisable', NO_BODY, call),

    async authStatus(_, call) {
      const { auth, author } = await look(call);
      auth.requireAdmin(author);
      return { ...current(), enabled: auth.enabled, authRevision: auth.revision };
    },

    async authenticate({ name, password }) {
      const token = await gate.authenticate(name, password);
      return { ...current(), token };
    },

    async userAdd(request, call) {
      const hashed = request.options?.noPassword ? {} : await hashedPassword(context, request.password);
      return await change('userAdd', etcd.AuthUserAddRequest.encode({ ...request, password: '', ...hashed }), call);
    },

    async userGet({ name }, call) {
      const { auth, author } = await look(call);
      if (nameOf(author) !== name) auth.requireAdmin(author);
      return { ...current(), roles: auth.requireUser(name).roles };
    },

    async userList(_, call) {
      const { auth, author } = await look(call);
      auth.requireAdmin(author);
      return { ...current(), users: auth.users.map((user) => user.name.toString()) };
    },

    userDelete: (request, call) => change('userDelete', etcd.AuthUserDeleteRequest.encode(request), call),

    async userChangePassword(request, call) {
      const hashed = request.password === '' ? {} : await hashedPassword(context, request.password);
      const body = etcd.AuthUserChangePasswordRequest.encode({ ...request, password: '', ...hashed });
      return await change('userChangePassword', body, call);
    },

    userGrantRole: (request, call) => change('userGrantRole', etcd.AuthUserGrantRoleRequest.encode(request), call),
    userRevokeRole: (request, call) => change('userRevokeRole', etcd.AuthUserRevokeRoleRequest.encode(request), call),
    roleAdd: (request, call) => change('roleAdd', etcd.AuthRoleAddRequest.encode(request), call),

    async roleGet({ role }, call) {
      const { auth, author } = await look(call);
      const isMine = auth.user(nameOf(author))?.roles.includes(role) === true;
      if (!isMine) auth.requireAdmin(author);
      return { ...current(), perm: auth.requireRole(role).keyPermission };
    },

    async roleList(_, call) {
      const { auth, author } = await look(call);
      auth.requireAdmin(author);
      return { ...current(), roles: auth.roles.map((role) => role.name.toString()) };
    },

    roleDelete: (request, call) => change('roleDelete', etcd.AuthRoleDeleteRequest.encode(request), call),
    roleGrantPermission: (request, call) =>
      change('roleGrantPermission', etcd.AuthRoleGrantPermissionRequest.encode(request), call),
    roleRevokePermission: (request, call) =>
      change('roleRevokePermission', etcd.AuthRoleRevokePermissionRequest.encode(request), call),
  };
}

const NO_BODY = Buffer.alloc(0);

/** Whoever has no name has, for etcd, the empty one. */
function nameOf(author: Authorship): string {
  return typeof author === 'object' ? author.user : '';
}

/** The log never holds a password. */
async function hashedPassword(context: DoorContext, password: string): Promise<{ readonly hashedPassword: string }> {
  const hash = await context.gate.passwords.hash(password);
  return { hashedPassword: Buffer.from(hash).toString('base64') };
}
