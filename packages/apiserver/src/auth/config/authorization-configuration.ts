import { type FieldError, fieldErrors, Path } from '@keelson/api';
import { parseDuration } from '@keelson/service';
import { type ConfigKind, fields } from '../../config/config-file.js';
import type { AbacPolicy } from '../abac/abac-policies.js';
import { compileMatchConditions } from '../match-conditions.js';

/** `--authorization-config`: who is asked what a user may do, in this order. */
export interface AuthorizationConfiguration {
  readonly authorizers?: readonly AuthorizerConfig[];
}

export interface AuthorizerConfig {
  readonly type?: string;
  readonly name?: string;
  readonly webhook?: WebhookConfig | null;
  /** Of ABAC, which a flag names and no such file. */
  readonly policies?: readonly AbacPolicy[];
}

export interface WebhookConfig {
  readonly authorizedTTL?: string;
  readonly cacheAuthorizedRequests?: boolean | null;
  readonly unauthorizedTTL?: string;
  readonly cacheUnauthorizedRequests?: boolean | null;
  readonly timeout?: string;
  readonly subjectAccessReviewVersion?: string;
  readonly matchConditionSubjectAccessReviewVersion?: string;
  readonly failurePolicy?: string;
  readonly connectionInfo?: { readonly type?: string; readonly kubeConfigFile?: string | null };
  readonly matchConditions?: readonly { readonly expression?: string }[];
}

const TYPES = ['Node', 'RBAC', 'AlwaysAllow', 'AlwaysDeny', 'Webhook'];
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const TIMEOUT_MAX_MS = 30_000;
const { string, boolean, object, list } = fields;
const { required, invalid, duplicate, notSupported, forbidden, tooMany } = fieldErrors;

export const authorizationConfiguration: ConfigKind<AuthorizationConfiguration> = {
  group: 'apiserver.config.k8s.io',
  versions: ['v1', 'v1beta1', 'v1alpha1'],
  kind: 'AuthorizationConfiguration',
  schema: object({
    authorizers: list({
      type: string,
      name: string,
      webhook: object({
        authorizedTTL: string,
        cacheAuthorizedRequests: boolean,
        unauthorizedTTL: string,
        cacheUnauthorizedRequests: boolean,
        timeout: string,
        subjectAccessReviewVersion: string,
        matchConditionSubjectAccessReviewVersion: string,
        failurePolicy: string,
        connectionInfo: object({ type: string, kubeConfigFile: string }),
        matchConditions: list({ expression: string }),
      }),
    }),
  }),
  validate({ authorizers = [] }) {
    const root = new Path('authorizers');
    if (authorizers.length === 0) return [required(root, 'at least one authorization mode must be defined')];
    const errors: FieldError[] = [];
    const names = new Set<string>();
    const types = new Set<string>();
    for (const [index, { type = '', name = '', webhook }] of authorizers.entries()) {
      const at = root.index(index);
      if (type === '') errors.push(required(at.child('type'), ''));
      else if (!TYPES.includes(type)) errors.push(notSupported(at.child('type'), type, TYPES));
      else if (type !== 'Webhook' && types.has(type)) errors.push(duplicate(at.child('type'), type));
      types.add(type);
      if (name === '') errors.push(required(at.child('name'), ''));
      else if (!NAME.test(name) || name.length > 253)
        errors.push(invalid(at.child('name'), name, 'a lowercase RFC 1123 subdomain is needed'));
      else if (names.has(name)) errors.push(duplicate(at.child('name'), name));
      names.add(name);
      if (type !== 'Webhook') {
        if (webhook != null)
          errors.push(invalid(at.child('webhook'), 'non-null', 'may only be specified when type=Webhook'));
      } else if (webhook == null) errors.push(required(at.child('webhook'), 'required when type=Webhook'));
      else errors.push(...webhookErrors(webhook, at.child('webhook')));
    }
    return errors;
  },
};

const CONDITIONS_MAX = 64;

function conditionErrors(conditions: NonNullable<WebhookConfig['matchConditions']>, at: Path): FieldError[] {
  if (conditions.length > CONDITIONS_MAX) return [tooMany(at, conditions.length, CONDITIONS_MAX)];
  const seen = new Set<string>();
  return conditions.flatMap(({ expression = '' }, index) => {
    const field = at.index(index).child('expression');
    if (expression.trim() === '') return [required(field)];
    if (seen.has(expression)) return [duplicate(field, expression)];
    seen.add(expression);
    try {
      compileMatchConditions([expression]);
      return [];
    } catch (error) {
      return [invalid(field, expression, (error as Error).message)];
    }
  });
}

function webhookErrors(webhook: WebhookConfig, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const time = (field: 'timeout' | 'authorizedTTL' | 'unauthorizedTTL') => {
    const text = webhook[field];
    if (text === undefined) return undefined;
    const milliseconds = parseDuration(text);
    if (milliseconds === undefined) errors.push(invalid(at.child(field), text, 'a time such as 5m is needed'));
    return milliseconds;
  };
  const timeout = time('timeout');
  if (webhook.timeout === undefined) errors.push(required(at.child('timeout'), ''));
  else if (timeout !== undefined && (timeout <= 0 || timeout > TIMEOUT_MAX_MS))
    errors.push(invalid(at.child('timeout'), webhook.timeout, timeout <= 0 ? 'must be > 0s' : 'must be <= 30s'));
  time('authorizedTTL');
  time('unauthorizedTTL');
  const oneOf = (field: keyof WebhookConfig, allowed: readonly string[], needed: boolean) => {
    const value = (webhook[field] as string | undefined) ?? '';
    if (value === '') {
      if (needed) errors.push(required(at.child(field), ''));
    } else if (!allowed.includes(value)) errors.push(notSupported(at.child(field), value, allowed));
  };
  oneOf('subjectAccessReviewVersion', ['v1', 'v1beta1'], true);
  oneOf('matchConditionSubjectAccessReviewVersion', ['v1'], (webhook.matchConditions ?? []).length > 0);
  oneOf('failurePolicy', ['NoOpinion', 'Deny'], true);
  errors.push(...conditionErrors(webhook.matchConditions ?? [], at.child('matchConditions')));
  const { type = '', kubeConfigFile } = webhook.connectionInfo ?? {};
  const connection = at.child('connectionInfo');
  if (type === '') errors.push(required(connection.child('type'), ''));
  else if (type === 'InClusterConfig')
    errors.push(
      forbidden(
        connection.child('type'),
        'an API server that is no pod has no in-cluster configuration: use KubeConfigFile',
      ),
    );
  else if (type !== 'KubeConfigFile')
    errors.push(notSupported(connection.child('type'), type, ['InClusterConfig', 'KubeConfigFile']));
  else if (!kubeConfigFile) errors.push(required(connection.child('kubeConfigFile'), ''));
  else if (!kubeConfigFile.startsWith('/'))
    errors.push(invalid(connection.child('kubeConfigFile'), kubeConfigFile, 'must be an absolute path'));
  return errors;
}
