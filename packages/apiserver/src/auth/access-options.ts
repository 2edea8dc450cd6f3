import { readFileSync } from 'node:fs';
import type { RequestHeaderOptions } from '@keelson/service';
import { type Clock, type Flags, type Logger, list, loadAuthorities, parseDuration } from '@keelson/service';
import type { JSONWebKeySet } from 'jose';
import { readConfig } from '../config/config-file.js';
import { ofFlag } from '../config/flag-file.js';
import { ReloadedFile } from '../config/reloaded-file.js';
import { webhookTarget } from '../webhooks/webhook-config.js';
import { type AbacPolicy, abacPoliciesIn } from './abac/abac-policies.js';
import type { accessFlags } from './access-flags.js';
import type { AuthenticationOptions, JwtIssuer } from './authentication.js';
import type { AnonymousAccess } from './authenticator.js';
import {
  type AuthenticationConfiguration,
  authenticationConfiguration,
} from './config/authentication-configuration.js';
import { type AuthorizerConfig, authorizationConfiguration } from './config/authorization-configuration.js';
import type { ExpressionCompiler } from './jwt/expressions.js';
import { ALGORITHMS } from './jwt/jwt-tokens.js';
import { jwtConfigOf } from './jwt/oidc-flags.js';
import { StaticTokens } from './tokens/static-tokens.js';

type AccessFlags = Flags<typeof accessFlags>;

/** Who may come, and who is asked what they may do. Both may change while the server runs. */
export interface AccessOptions {
  readonly authentication: () => AuthenticationOptions;
  readonly authorizers: () => readonly AuthorizerConfig[];
}

/** How often configuration files are looked at. */
const RELOAD_MS = 10_000;
const MODES = ['Node', 'RBAC', 'ABAC', 'Webhook', 'AlwaysAllow', 'AlwaysDeny'];
const TIMES = [
  'authentication-token-webhook-cache-ttl',
  'authorization-webhook-cache-authorized-ttl',
  'authorization-webhook-cache-unauthorized-ttl',
] as const;

/** What is wrong with the flags, in one line that names one of them. */
export function accessProblem(flags: AccessFlags): string | undefined {
  const modes = modesOf(flags);
  const wrong = modes.find((it) => !MODES.includes(it));
  if (wrong !== undefined) return `--authorization-mode: "${wrong}" is not one of ${MODES.join(', ')}`;
  if (new Set(modes).size < modes.length)
    return `--authorization-mode: "${flags['authorization-mode']}" names a mode twice`;
  const time = TIMES.find((it) => parseDuration(flags[it]) === undefined);
  if (time !== undefined) return `--${time}: "${flags[time]}" is not a time such as 5m`;
  if (
    modes.includes('Webhook') !== (flags['authorization-webhook-config-file'] !== undefined) &&
    !flags['authorization-config']
  )
    return '--authorization-mode Webhook and --authorization-webhook-config-file go together';
  if (modes.includes('ABAC') !== (flags['authorization-policy-file'] !== undefined))
    return '--authorization-mode ABAC and --authorization-policy-file go together';
  if (flags['authorization-config'] && (flags['authorization-mode'] ?? flags['authorization-webhook-config-file']))
    return '--authorization-config stands instead of --authorization-mode and --authorization-webhook-config-file';
  if ((flags['oidc-issuer-url'] === undefined) !== (flags['oidc-client-id'] === undefined))
    return '--oidc-issuer-url and --oidc-client-id go together';
  if (flags['oidc-issuer-url'] !== undefined && flags['authentication-config'])
    return '--authentication-config stands instead of the --oidc-… flags';
  if (flags['oidc-issuer-url'] !== undefined && !/^https:\/\/[^/]+/.test(flags['oidc-issuer-url']))
    return `--oidc-issuer-url: "${flags['oidc-issuer-url']}" is not of the form https://host/path`;
  const algorithm = list(flags['oidc-signing-algs']).find((it) => !ALGORITHMS.includes(it));
  if (algorithm !== undefined) return `--oidc-signing-algs: "${algorithm}" is not one of ${ALGORITHMS.join(', ')}`;
  const claim = list(flags['oidc-required-claim']).find((it) => !/^[^=]+=/.test(it));
  if (claim !== undefined) return `--oidc-required-claim: "${claim}" is not of the form key=value`;
  return undefined;
}

function modesOf(flags: AccessFlags): string[] {
  return list(flags['authorization-mode'] ?? 'Node,RBAC');
}

/** Reads the files that the flags name. Throws an error that names the flag and the file. */
export function accessOptions(
  flags: AccessFlags,
  dependencies: { issuer: string; compile: ExpressionCompiler; clock: Clock; logger: Logger },
): AccessOptions {
  return { authentication: authentication(flags, dependencies), authorizers: authorizers(flags, dependencies) };
}

function authentication(
  flags: AccessFlags,
  dependencies: { issuer: string; compile: ExpressionCompiler; clock: Clock; logger: Logger },
): () => AuthenticationOptions {
  const tokenFile = flags['token-auth-file'];
  const webhook = flags['authentication-token-webhook-config-file'];
  if (webhook !== undefined) ofFlag('authentication-token-webhook-config-file', () => webhookTarget(webhook));
  const common = {
    anonymous: { enabled: flags['anonymous-auth'] },
    staticTokens: tokenFile === undefined ? undefined : StaticTokens.fromFile(tokenFile),
    bootstrapTokens: flags['enable-bootstrap-token-auth'],
    issuers: oidcIssuers(flags),
    webhook:
      webhook === undefined
        ? undefined
        : {
            configFile: webhook,
            version: flags['authentication-token-webhook-version'] as 'v1' | 'v1beta1',
            cacheTtlMs: parseDuration(flags['authentication-token-webhook-cache-ttl']) ?? 0,
          },
  };
  const path = flags['authentication-config'];
  if (path === undefined) return () => common;
  const kind = authenticationConfiguration({ issuers: [dependencies.issuer], compile: dependencies.compile });
  const read = (text: string): AuthenticationOptions => {
    const config = readConfig(text, path, kind);
    return {
      ...common,
      anonymous: config.anonymous ? anonymousOf(config.anonymous) : common.anonymous,
      issuers: (config.jwt ?? []).map((it) => ({ config: it })),
    };
  };
  return reloaded('authentication-config', path, read, dependencies);
}

function anonymousOf({
  enabled = false,
  conditions = [],
}: NonNullable<AuthenticationConfiguration['anonymous']>): AnonymousAccess {
  if (conditions.length === 0) return { enabled };
  return { enabled, paths: new Set(conditions.map(({ path = '' }) => path)) };
}

function oidcIssuers(flags: AccessFlags): JwtIssuer[] {
  const [issuerUrl, clientId] = [flags['oidc-issuer-url'], flags['oidc-client-id']];
  if (issuerUrl === undefined || clientId === undefined) return [];
  const config = jwtConfigOf({
    issuerUrl,
    clientId,
    usernameClaim: flags['oidc-username-claim'],
    usernamePrefix: flags['oidc-username-prefix'],
    groupsClaim: flags['oidc-groups-claim'],
    groupsPrefix: flags['oidc-groups-prefix'],
    requiredClaims: list(flags['oidc-required-claim']),
  });
  const [caFile, keysFile] = [flags['oidc-ca-file'], flags['oidc-jwks-file']];
  const certificateAuthority = caFile && ofFlag('oidc-ca-file', () => readFileSync(caFile, 'utf8'));
  const keys = keysFile ? ofFlag('oidc-jwks-file', () => keySet(readFileSync(keysFile, 'utf8'))) : undefined;
  const issuer = { ...config.issuer, ...(certificateAuthority ? { certificateAuthority } : {}) };
  return [{ config: { ...config, issuer }, algorithms: list(flags['oidc-signing-algs']), keys }];
}

function keySet(text: string): JSONWebKeySet {
  const value = JSON.parse(text) as JSONWebKeySet | null;
  if (!Array.isArray(value?.keys)) throw new Error('it is no JSON Web Key Set: {"keys": […]}');
  return value;
}

function authorizers(
  flags: AccessFlags,
  dependencies: { clock: Clock; logger: Logger },
): () => readonly AuthorizerConfig[] {
  const path = flags['authorization-config'];
  if (path === undefined) {
    const configs = modesOf(flags).map((type): AuthorizerConfig => {
      if (type === 'ABAC')
        return { type, name: 'abac', policies: abacPolicies(flags['authorization-policy-file'] ?? '') };
      if (type !== 'Webhook') return { type, name: type.toLowerCase() };
      const kubeConfigFile = flags['authorization-webhook-config-file'] ?? '';
      ofFlag('authorization-webhook-config-file', () => webhookTarget(kubeConfigFile));
      return {
        type,
        name: 'default',
        webhook: {
          authorizedTTL: flags['authorization-webhook-cache-authorized-ttl'],
          unauthorizedTTL: flags['authorization-webhook-cache-unauthorized-ttl'],
          timeout: '30s',
          subjectAccessReviewVersion: flags['authorization-webhook-version'],
          failurePolicy: 'NoOpinion',
          connectionInfo: { type: 'KubeConfigFile', kubeConfigFile },
        },
      };
    });
    return () => configs;
  }
  const read = (text: string) => {
    const { authorizers: configs = [] } = readConfig(text, path, authorizationConfiguration);
    for (const { webhook } of configs) if (webhook) webhookTarget(webhook.connectionInfo?.kubeConfigFile ?? '');
    return configs;
  };
  return reloaded('authorization-config', path, read, dependencies);
}

function abacPolicies(path: string): AbacPolicy[] {
  return ofFlag('authorization-policy-file', () => abacPoliciesIn(readFileSync(path, 'utf8'), path));
}

function reloaded<T>(
  flag: string,
  path: string,
  read: (text: string) => T,
  dependencies: { clock: Clock; logger: Logger },
): () => T {
  const file = ofFlag(flag, () => new ReloadedFile(path, read, dependencies));
  file.watch(RELOAD_MS);
  return () => file.value;
}

/** Who front proxies are, and which headers they speak in. */
export function requestHeaderOptions(flags: AccessFlags, now: number): RequestHeaderOptions | undefined {
  const file = flags['requestheader-client-ca-file'];
  if (file === undefined) return undefined;
  const names = (flag: 'username' | 'uid' | 'group') =>
    list(flags[`requestheader-${flag}-headers`]).map((it) => it.toLowerCase());
  return {
    ca: loadAuthorities(file, now),
    allowedNames: list(flags['requestheader-allowed-names']),
    usernameHeaders: names('username'),
    uidHeaders: names('uid'),
    groupHeaders: names('group'),
    extraPrefixes: list(flags['requestheader-extra-headers-prefix']).map((it) => it.toLowerCase()),
  };
}
