import type { etcd } from '@keelson/protocol';
import type { Author, Authorship } from '../apply/command.js';
import type { Backend } from '../backend/backend.js';
import { errors } from '../errors.js';
import type { Meta } from '../mvcc/meta.js';
import { Accounts } from './accounts.js';
import { isPermissionRange, Permissions } from './permissions.js';

/** Told which tokens begin, and whose end. */
export interface TokenBook {
  add(token: string, user: string): void;
  revokeUser(user: string): void;
  revokeAll(): void;
}

const ROOT = 'root';
const NO_BYTES = Buffer.alloc(0);

/**
 * Users, roles and whether they matter (etcd's server/auth): changed through the log only, so the same on every member.
 * Each change makes a new revision, and what was authorized at an older one has to ask again.
 */
export class AuthStore {
  readonly #meta: Meta;
  readonly #accounts: Accounts;
  readonly #tokens: TokenBook;
  readonly #permissions = new Map<string, Permissions>();
  #enabled: boolean;
  #revision: number;

  constructor(backend: Backend, meta: Meta, tokens: TokenBook) {
    this.#meta = meta;
    this.#tokens = tokens;
    this.#accounts = new Accounts(backend);
    this.#enabled = meta.readNumber('authEnabled') === 1;
    this.#revision = Math.max(1, meta.readNumber('authRevision'));
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  get revision(): number {
    return this.#revision;
  }

  user(name: string): etcd.User | undefined {
    return this.#accounts.users.get(name);
  }

  get users(): etcd.User[] {
    return this.#accounts.users.list();
  }

  get roles(): etcd.Role[] {
    return this.#accounts.roles.list();
  }

  /** @throws EtcdError userNotFound */
  requireUser(name: string): etcd.User {
    const user = this.#accounts.users.get(name);
    if (!user) throw errors.userNotFound();
    return user;
  }

  /** @throws EtcdError roleNotFound */
  requireRole(name: string): etcd.Role {
    const role = this.#accounts.roles.get(name);
    if (!role) throw errors.roleNotFound();
    return role;
  }

  /** @throws EtcdError rootUserNotExist, rootRoleNotExist */
  enable(): void {
    if (this.#enabled) return;
    const root = this.#accounts.users.get(ROOT);
    if (!root) throw errors.rootUserNotExist();
    if (!isRoot(root)) throw errors.rootRoleNotExist();
    this.#setEnabled(true);
  }

  disable(): void {
    if (!this.#enabled) return;
    this.#setEnabled(false);
    this.#changed();
    this.#tokens.revokeAll();
  }

  #setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.#meta.writeNumber('authEnabled', Number(enabled));
  }

  #changed(): void {
    this.#revision += 1;
    this.#meta.writeNumber('authRevision', this.#revision);
    this.#permissions.clear();
  }

  /** @throws EtcdError userEmpty, userAlreadyExists */
  addUser({ name, options, hashedPassword }: etcd.AuthUserAddRequest): void {
    if (name.length === 0) throw errors.userEmpty();
    if (this.#accounts.users.get(name)) throw errors.userAlreadyExists();
    const noPassword = options?.noPassword === true;
    const password = noPassword ? NO_BYTES : Buffer.from(hashedPassword, 'base64');
    this.#accounts.users.put({ name: Buffer.from(name), password, roles: [], options: { noPassword } });
    this.#changed();
  }

  /** @throws EtcdError invalidAuthManagement, userNotFound */
  deleteUser(name: string): void {
    if (this.#enabled && name === ROOT) throw errors.invalidAuthManagement();
    this.requireUser(name);
    this.#accounts.users.remove(name);
    this.#changed();
    this.#tokens.revokeUser(name);
  }

  /** @throws EtcdError userNotFound */
  changePassword({ name, hashedPassword }: etcd.AuthUserChangePasswordRequest): void {
    const user = this.requireUser(name);
    const password = user.options?.noPassword ? NO_BYTES : Buffer.from(hashedPassword, 'base64');
    this.#accounts.users.put({ ...user, password });
    this.#changed();
    this.#tokens.revokeUser(name);
  }

  /** A role that is granted already is no error and no change. @throws EtcdError userNotFound, roleNotFound */
  grantRole(name: string, role: string): void {
    const user = this.requireUser(name);
    if (role !== ROOT) this.requireRole(role);
    if (user.roles.includes(role)) return;
    this.#accounts.users.put({ ...user, roles: [...user.roles, role].sort(compareBytes) });
    this.#changed();
  }

  /** @throws EtcdError invalidAuthManagement, userNotFound, roleNotGranted */
  revokeRole(name: string, role: string): void {
    if (this.#enabled && name === ROOT && role === ROOT) throw errors.invalidAuthManagement();
    const user = this.requireUser(name);
    if (!user.roles.includes(role)) throw errors.roleNotGranted();
    this.#withoutRole(user, role);
    this.#changed();
  }

  #withoutRole(user: etcd.User, role: string): void {
    this.#accounts.users.put({ ...user, roles: user.roles.filter((each) => each !== role) });
  }

  /** @throws EtcdError roleEmpty, roleAlreadyExists */
  addRole(name: string): void {
    if (name.length === 0) throw errors.roleEmpty();
    if (this.#accounts.roles.get(name)) throw errors.roleAlreadyExists();
    this.#accounts.roles.put({ name: Buffer.from(name), keyPermission: [] });
    this.#changed();
  }

  /** Who had the role has it no more. @throws EtcdError invalidAuthManagement, roleNotFound */
  deleteRole(name: string): void {
    if (this.#enabled && name === ROOT) throw errors.invalidAuthManagement();
    this.requireRole(name);
    this.#accounts.roles.remove(name);
    for (const user of this.users) if (user.roles.includes(name)) this.#withoutRole(user, name);
    this.#changed();
  }

  /** A range that has a permission gets the new one. @throws EtcdError permissionNotGiven, roleNotFound */
  grantPermission({ name, perm }: etcd.AuthRoleGrantPermissionRequest): void {
    if (!perm) throw errors.permissionNotGiven();
    if (!isPermissionRange(perm)) throw errors.invalidAuthManagement();
    const role = this.requireRole(name);
    const others = role.keyPermission.filter((each) => !sameRange(each, perm));
    const keyPermission = [...others, perm].sort((a, b) => Buffer.compare(a.key, b.key));
    this.#accounts.roles.put({ ...role, keyPermission });
    this.#changed();
  }

  /** @throws EtcdError roleNotFound, permissionNotGranted */
  revokePermission(request: etcd.AuthRoleRevokePermissionRequest): void {
    const role = this.requireRole(request.role);
    const keyPermission = role.keyPermission.filter((each) => !sameRange(each, request));
    if (keyPermission.length === role.keyPermission.length) throw errors.permissionNotGranted();
    this.#accounts.roles.put({ ...role, keyPermission });
    this.#changed();
  }

  /** Gives a user whose password was right a token. @throws EtcdError authNotEnabled, authFailed */
  beginSession(name: string, token: string): string {
    if (!this.#enabled) throw errors.authNotEnabled();
    const user = this.#accounts.users.get(name);
    if (!user || user.options?.noPassword) throw errors.authFailed();
    this.#tokens.add(token, name);
    return token;
  }

  /** @throws EtcdError userEmpty, authOldRevision, permissionDenied */
  requireRead(author: Authorship, key: Buffer, rangeEnd: Buffer): void {
    const permissions = this.permissionsOf(author);
    if (permissions && !permissions.mayRead(key, rangeEnd)) throw errors.permissionDenied();
  }

  /** @throws EtcdError userEmpty, authOldRevision, permissionDenied */
  requireWrite(author: Authorship, key: Buffer, rangeEnd: Buffer): void {
    const permissions = this.permissionsOf(author);
    if (permissions && !permissions.mayWrite(key, rangeEnd)) throw errors.permissionDenied();
  }

  /** Undefined for those who may do everything. @throws EtcdError userEmpty, authOldRevision, permissionDenied */
  permissionsOf(author: Authorship): Permissions | undefined {
    if (!this.#enabled || author === 'system') return undefined;
    const { user: name, revision } = this.#named(author);
    if (revision < this.#revision) throw errors.authOldRevision();
    const user = this.#accounts.users.get(name);
    if (!user) throw errors.permissionDenied();
    if (isRoot(user)) return undefined;
    let permissions = this.#permissions.get(name);
    if (!permissions) {
      const granted = user.roles.flatMap((role) => this.#accounts.roles.get(role)?.keyPermission ?? []);
      permissions = new Permissions(granted);
      this.#permissions.set(name, permissions);
    }
    return permissions;
  }

  #named(author: Exclude<Authorship, 'system'>): Author {
    if (author === 'nobody') throw errors.userEmpty();
    return author;
  }

  /** @throws EtcdError userEmpty, userNotFound, permissionDenied */
  requireAdmin(author: Authorship): void {
    if (!this.#enabled || author === 'system') return;
    const { user } = this.#named(author);
    if (user === '') throw errors.userEmpty();
    if (!isRoot(this.requireUser(user))) throw errors.permissionDenied();
  }

  /** What was found out about an author may be outdated by the time it is used. @throws EtcdError authOldRevision */
  requireCurrent(author: Authorship): void {
    if (typeof author === 'object' && author.revision !== this.#revision) throw errors.authOldRevision();
  }
}

function isRoot(user: etcd.User): boolean {
  return user.roles.includes(ROOT);
}

function sameRange(
  a: { readonly key: Buffer; readonly rangeEnd: Buffer },
  b: { readonly key: Buffer; readonly rangeEnd: Buffer },
): boolean {
  return a.key.equals(b.key) && a.rangeEnd.equals(b.rangeEnd);
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
