import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { peerIdentity } from '@keelson/service';
import type { Authorship } from '../apply/command.js';
import { errors } from '../errors.js';
import type { Replica } from '../replica/replica.js';
import type { Passwords } from './passwords.js';
import type { TokenProvider } from './tokens.js';

/** What a door knows of who calls. */
export type Caller = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getAuthContext'>;

export interface GateDependencies {
  readonly replica: Replica;
  readonly tokens: TokenProvider;
  readonly passwords: Passwords;
}

/** Finds out on whose behalf a call comes: by its token, or by the name in its certificate where those are required. */
export class Gate {
  readonly #certificateNames: boolean;
  readonly #replica: Replica;
  readonly #tokens: TokenProvider;
  readonly #passwords: Passwords;

  constructor(options: { readonly certificateNames: boolean }, dependencies: GateDependencies) {
    this.#certificateNames = options.certificateNames;
    this.#replica = dependencies.replica;
    this.#tokens = dependencies.tokens;
    this.#passwords = dependencies.passwords;
  }

  get passwords(): Passwords {
    return this.#passwords;
  }

  /** @throws EtcdError invalidAuthToken */
  authorOf(caller: Caller): Authorship | Promise<Authorship> {
    const { auth } = this.#replica.machine;
    if (!auth.enabled) return 'nobody';
    const token = tokenIn(caller.metadata);
    if (token !== undefined) return this.#tokens.authorOf(token);
    const user = this.#certificateNames ? peerIdentity(caller)?.user : undefined;
    return user === undefined ? 'nobody' : { user, revision: auth.revision };
  }

  /** Lets only administrators pass while authentication is on. @throws EtcdError */
  async requireAdmin(caller: Caller): Promise<void> {
    this.#replica.machine.auth.requireAdmin(await this.authorOf(caller));
  }

  /** Lets whoever has a name pass while authentication is on. @throws EtcdError */
  async requireUser(caller: Caller): Promise<Authorship> {
    const author = await this.authorOf(caller);
    if (this.#replica.machine.auth.enabled && author === 'nobody') throw errors.userEmpty();
    return author;
  }

  /** A token for a right password. @throws EtcdError authNotEnabled, authFailed */
  async authenticate(name: string, password: string): Promise<string> {
    await this.#replica.linearizable();
    for (;;) {
      const checkedAt = await this.#checkPassword(name, password);
      const token = await this.#tokens.issue(name);
      // The password, or the user, may have changed meanwhile.
      if (checkedAt === this.#replica.machine.auth.revision) return token;
    }
  }

  async #checkPassword(name: string, password: string): Promise<number> {
    const { auth } = this.#replica.machine;
    if (!auth.enabled) throw errors.authNotEnabled();
    const user = auth.user(name);
    if (!user) throw errors.authFailed();
    if (user.options?.noPassword) throw errors.noPasswordUser();
    const { revision } = auth;
    if (!(await this.#passwords.matches(password, user.password))) throw errors.authFailed();
    return revision;
  }
}

function tokenIn(metadata: Metadata): string | undefined {
  const [token] = metadata.get('token');
  return (token ?? metadata.get('authorization')[0])?.toString();
}
