import type { Clock, Logger, Random } from '@keelson/service';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { ObjectCollection } from '../registry/collection.js';
import { JsonEndpoint } from '../webhooks/json-endpoint.js';
import { webhookTarget } from '../webhooks/webhook-config.js';
import type { AnonymousAccess } from './authenticator.js';
import type { ExpressionCompiler } from './jwt/expressions.js';
import { IssuerKeys } from './jwt/issuer-keys.js';
import type { JwtConfig } from './jwt/jwt-config.js';
import { ALGORITHMS, JwtTokens } from './jwt/jwt-tokens.js';
import { BootstrapTokens } from './tokens/bootstrap-tokens.js';
import type { StaticTokens } from './tokens/static-tokens.js';
import type { TokenAuthenticator } from './tokens/token-authenticator.js';
import { WebhookTokens, type WebhookTokensOptions } from './tokens/webhook-tokens.js';

/** An issuer of JWTs, and how its keys are known where they are not asked for. */
export interface JwtIssuer {
  readonly config: JwtConfig;
  readonly algorithms?: readonly string[];
  readonly keys?: JSONWebKeySet | undefined;
}

export interface AuthenticationOptions {
  readonly anonymous: AnonymousAccess;
  readonly staticTokens: StaticTokens | undefined;
  readonly bootstrapTokens: boolean;
  readonly issuers: readonly JwtIssuer[];
  readonly webhook: (WebhookTokensOptions & { readonly configFile: string }) | undefined;
}

export interface AuthenticationDependencies {
  readonly serviceAccounts: TokenAuthenticator;
  readonly secrets: ObjectCollection;
  readonly compile: ExpressionCompiler;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 5;

/** Everybody who knows tokens, in upstream's order. Throws where a webhook's file is wrong. */
export function tokenAuthenticators(
  options: AuthenticationOptions,
  dependencies: AuthenticationDependencies,
): TokenAuthenticator[] {
  const { staticTokens, bootstrapTokens, issuers, webhook } = options;
  return [
    ...(staticTokens === undefined ? [] : [staticTokens]),
    dependencies.serviceAccounts,
    ...(bootstrapTokens ? [new BootstrapTokens(dependencies)] : []),
    ...issuers.map((issuer) => jwtTokens(issuer, dependencies)),
    ...(webhook === undefined ? [] : [webhookTokens(webhook, dependencies)]),
  ];
}

function jwtTokens({ config, algorithms, keys }: JwtIssuer, dependencies: AuthenticationDependencies): JwtTokens {
  const { url = '', discoveryURL, certificateAuthority } = config.issuer;
  const options = {
    issuer: url,
    discoveryUrl: discoveryURL ?? undefined,
    ca: certificateAuthority ? Buffer.from(certificateAuthority) : undefined,
  };
  const find = keys === undefined ? new IssuerKeys(options, dependencies).find : createLocalJWKSet(keys);
  const { ca } = options;
  const elsewhere = {
    fetch: async (address: string, bearer: string | undefined, signal?: AbortSignal) => {
      const authorization = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
      const shown = { url: address, tls: ca === undefined ? {} : { ca }, timeoutMs: TIMEOUT_MS, ...authorization };
      const endpoint = new JsonEndpoint(shown, dependencies);
      try {
        return await endpoint.text(signal);
      } finally {
        endpoint.close();
      }
    },
    keysOf: (issuer: string) => (issuer === url ? find : new IssuerKeys({ issuer, ca }, dependencies).find),
  };
  return new JwtTokens(config, algorithms ?? ALGORITHMS, { ...dependencies, keys: find, elsewhere });
}

function webhookTokens(
  { configFile, ...options }: NonNullable<AuthenticationOptions['webhook']>,
  dependencies: AuthenticationDependencies,
): WebhookTokens {
  const target = webhookTarget(configFile);
  const endpoint = new JsonEndpoint({ ...target, timeoutMs: TIMEOUT_MS, attempts: ATTEMPTS }, dependencies);
  return new WebhookTokens(options, { endpoint, clock: dependencies.clock });
}
