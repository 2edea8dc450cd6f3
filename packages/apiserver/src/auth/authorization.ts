import type { Clock, Logger, Random } from '@keelson/service';
import { parseDuration } from '@keelson/service';
import { JsonEndpoint } from '../webhooks/json-endpoint.js';
import { webhookTarget } from '../webhooks/webhook-config.js';
import { AbacAuthorizer } from './abac/abac-authorizer.js';
import { type Authorizer, alwaysAllow, alwaysDeny, anyOf, superusers } from './authorizer.js';
import type { AuthorizerConfig, WebhookConfig } from './config/authorization-configuration.js';
import { compileMatchConditions } from './match-conditions.js';
import { WebhookAuthorizer } from './webhook-authorizer.js';

export interface AuthorizationDependencies {
  readonly node: Authorizer;
  readonly rbac: Authorizer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const ATTEMPTS = 5;
const AUTHORIZED_TTL_MS = 5 * 60_000;
const UNAUTHORIZED_TTL_MS = 30_000;

/** Superusers always; everyone else as the authorizers say, asked in their order. Throws for a webhook's bad file. */
export function authorizerOf(
  configs: readonly AuthorizerConfig[],
  dependencies: AuthorizationDependencies,
): Authorizer {
  const made = configs.map((config): Authorizer => {
    switch (config.type) {
      case 'Node':
        return dependencies.node;
      case 'RBAC':
        return dependencies.rbac;
      case 'ABAC':
        return new AbacAuthorizer(config.policies ?? []);
      case 'AlwaysAllow':
        return alwaysAllow;
      case 'AlwaysDeny':
        return alwaysDeny;
      default:
        return webhook(config.name ?? '', config.webhook ?? {}, dependencies);
    }
  });
  return anyOf([superusers, ...made]);
}

function webhook(
  name: string,
  config: WebhookConfig,
  { clock, random, logger }: AuthorizationDependencies,
): Authorizer {
  const { authorizedTTL = '', unauthorizedTTL = '', timeout = '', connectionInfo } = config;
  const remembered = (wanted: boolean | null | undefined, ttl: string, ttlMs: number) =>
    wanted === false ? 0 : (parseDuration(ttl) ?? ttlMs);
  const target = webhookTarget(connectionInfo?.kubeConfigFile ?? '');
  const endpoint = new JsonEndpoint(
    { ...target, timeoutMs: parseDuration(timeout) ?? 30_000, attempts: ATTEMPTS },
    { clock, random },
  );
  const options = {
    name,
    authorizedTtlMs: remembered(config.cacheAuthorizedRequests, authorizedTTL, AUTHORIZED_TTL_MS),
    unauthorizedTtlMs: remembered(config.cacheUnauthorizedRequests, unauthorizedTTL, UNAUTHORIZED_TTL_MS),
    failurePolicy: config.failurePolicy === 'Deny' ? ('Deny' as const) : ('NoOpinion' as const),
    matches: config.matchConditions?.length ? compileMatchConditions(expressionsOf(config)) : undefined,
    version: config.subjectAccessReviewVersion === 'v1beta1' ? ('v1beta1' as const) : ('v1' as const),
  };
  return new WebhookAuthorizer(options, { endpoint, clock, logger });
}

function expressionsOf({ matchConditions = [] }: WebhookConfig): string[] {
  return matchConditions.map(({ expression = '' }) => expression);
}
