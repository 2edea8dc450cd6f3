import { type FieldError, fieldErrors, Path } from '@keelson/api';
import { type ConfigKind, fields } from '../../config/config-file.js';
import type { ExpressionCompiler } from '../jwt/expressions.js';
import { JWT_SCHEMA, type JwtConfig, validateJwt } from '../jwt/jwt-config.js';

/** `--authentication-config`: whose tokens are taken, and who needs none. */
export interface AuthenticationConfiguration {
  readonly jwt?: readonly JwtConfig[];
  readonly anonymous?: {
    readonly enabled?: boolean;
    readonly conditions?: readonly { readonly path?: string }[];
  };
}

const ISSUERS_MAX = 64;

export function authenticationConfiguration(dependencies: {
  /** Issuers that are taken already: the API server's own. */
  readonly issuers: readonly string[];
  readonly compile: ExpressionCompiler;
}): ConfigKind<AuthenticationConfiguration> {
  return {
    group: 'apiserver.config.k8s.io',
    versions: ['v1', 'v1beta1', 'v1alpha1'],
    kind: 'AuthenticationConfiguration',
    schema: fields.object({
      jwt: JWT_SCHEMA,
      anonymous: fields.object({ enabled: fields.boolean, conditions: fields.list({ path: fields.string }) }),
    }),
    validate: (config) => validate(config, dependencies),
  };
}

function validate(
  { jwt = [], anonymous }: AuthenticationConfiguration,
  { issuers, compile }: { issuers: readonly string[]; compile: ExpressionCompiler },
): FieldError[] {
  const root = new Path('jwt');
  if (jwt.length > ISSUERS_MAX) return [fieldErrors.tooMany(root, jwt.length, ISSUERS_MAX)];
  const taken = new Set(issuers);
  const errors = jwt.flatMap((config, index) => validateJwt(config, root.index(index), { taken, compile }));
  const { enabled = false, conditions = [] } = anonymous ?? {};
  if (conditions.length > 0 && !enabled) {
    const text = 'enabled should be set to true when conditions are defined';
    errors.push(fieldErrors.invalid(new Path('anonymous.conditions'), conditions, text));
  }
  return errors;
}
