import { type FieldError, fieldErrors, type Path, type Schema } from '@keelson/api';
import { fields } from '../../config/config-file.js';
import type { ExpressionCompiler } from './expressions.js';

export interface MappedClaim {
  readonly claim?: string;
  readonly prefix?: string | null;
  readonly expression?: string;
}

/** Whose tokens are taken, and what of them: `jwt[]` of an AuthenticationConfiguration. */
export interface JwtConfig {
  readonly issuer: {
    readonly url?: string;
    readonly discoveryURL?: string | null;
    readonly certificateAuthority?: string;
    readonly audiences?: readonly string[];
    readonly audienceMatchPolicy?: string;
    readonly egressSelectorType?: string;
  };
  readonly claimValidationRules?: readonly {
    readonly claim?: string;
    readonly requiredValue?: string;
    readonly expression?: string;
    readonly message?: string;
  }[];
  readonly claimMappings: {
    readonly username?: MappedClaim;
    readonly groups?: MappedClaim;
    readonly uid?: Omit<MappedClaim, 'prefix'>;
    readonly extra?: readonly { readonly key?: string; readonly valueExpression?: string }[];
  };
  readonly userValidationRules?: readonly { readonly expression?: string; readonly message?: string }[];
}

const { string, strings, list, object } = fields;
const mapped = object({ claim: string, prefix: string, expression: string });

export const JWT_SCHEMA: Schema = list({
  issuer: object({
    url: string,
    discoveryURL: string,
    certificateAuthority: string,
    audiences: strings,
    audienceMatchPolicy: string,
    egressSelectorType: string,
  }),
  claimValidationRules: list({ claim: string, requiredValue: string, expression: string, message: string }),
  claimMappings: object({
    username: mapped,
    groups: mapped,
    uid: object({ claim: string, expression: string }),
    extra: list({ key: string, valueExpression: string }),
  }),
  userValidationRules: list({ expression: string, message: string }),
});

const { required, invalid, duplicate } = fieldErrors;

/** What is wrong with one, in upstream's words. `taken` are the issuers before it, and the API server itself. */
export function validateJwt(
  config: JwtConfig,
  at: Path,
  { taken, compile }: { taken: Set<string>; compile: ExpressionCompiler },
): FieldError[] {
  return [
    ...issuerErrors(config.issuer ?? {}, at.child('issuer'), taken),
    ...claimRuleErrors(config.claimValidationRules ?? [], at.child('claimValidationRules'), compile),
    ...mappingErrors(config.claimMappings ?? {}, at.child('claimMappings'), compile),
    ...userRuleErrors(config.userValidationRules ?? [], at.child('userValidationRules'), compile),
  ];
}

function issuerErrors(issuer: JwtConfig['issuer'], at: Path, taken: Set<string>): FieldError[] {
  const { url = '', discoveryURL, certificateAuthority = '', audiences = [], audienceMatchPolicy = '' } = issuer;
  const errors = urlErrors(url, at.child('url'), 'URL');
  if (taken.has(url)) errors.push(duplicate(at.child('url'), url));
  else if (url !== '') taken.add(url);
  if (discoveryURL != null) {
    const field = at.child('discoveryURL');
    if (discoveryURL.replace(/\/$/, '') === url.replace(/\/$/, '') && url !== '')
      errors.push(invalid(field, discoveryURL, 'discoveryURL must be different from URL'));
    errors.push(...urlErrors(discoveryURL, field, 'discoveryURL'));
  }
  if (audiences.length === 0)
    errors.push(required(at.child('audiences'), `at least one ${at.child('audiences')} is required`));
  for (const [index, audience] of audiences.entries()) {
    if (audience === '') errors.push(required(at.child('audiences').index(index), 'audience is required'));
    else if (audiences.indexOf(audience) < index) errors.push(duplicate(at.child('audiences').index(index), audience));
  }
  if (audiences.length > 1 && audienceMatchPolicy !== 'MatchAny')
    errors.push(
      invalid(
        at.child('audienceMatchPolicy'),
        audienceMatchPolicy,
        'audienceMatchPolicy must be MatchAny for multiple audiences',
      ),
    );
  else if (!['', 'MatchAny'].includes(audienceMatchPolicy))
    errors.push(
      invalid(
        at.child('audienceMatchPolicy'),
        audienceMatchPolicy,
        'audienceMatchPolicy must be empty or MatchAny for single audience',
      ),
    );
  if (certificateAuthority !== '' && !certificateAuthority.includes('-----BEGIN CERTIFICATE-----'))
    errors.push(
      invalid(
        at.child('certificateAuthority'),
        '<omitted>',
        'data does not contain any valid RSA or ECDSA certificates',
      ),
    );
  return errors;
}

function urlErrors(text: string, at: Path, what: string): FieldError[] {
  if (text === '') return [required(at, `${what} is required`)];
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return [invalid(at, text, 'it is not a URL')];
  }
  const errors: FieldError[] = [];
  if (url.protocol !== 'https:') errors.push(invalid(at, text, `${what} scheme must be https`));
  if (url.username !== '' || url.password !== '')
    errors.push(invalid(at, text, `${what} must not contain a username or password`));
  if (text.includes('?')) errors.push(invalid(at, text, `${what} must not contain a query`));
  if (text.includes('#')) errors.push(invalid(at, text, `${what} must not contain a fragment`));
  return errors;
}

function claimRuleErrors(
  rules: NonNullable<JwtConfig['claimValidationRules']>,
  at: Path,
  compile: ExpressionCompiler,
): FieldError[] {
  const claims = new Set<string>();
  const expressions = new Set<string>();
  return rules.flatMap(({ claim = '', requiredValue = '', expression = '', message = '' }, index) => {
    const field = at.index(index);
    if (claim !== '' && expression !== '') return [invalid(field, claim, "claim and expression can't both be set")];
    if (claim === '' && expression === '') return [required(field, 'claim or expression is required')];
    if (claim !== '') {
      if (message !== '') return [invalid(field, claim, "message can't be set when claim is set")];
      if (claims.has(claim)) return [duplicate(field.child('claim'), claim)];
      claims.add(claim);
      return [];
    }
    if (requiredValue !== '') return [invalid(field, expression, "requiredValue can't be set when expression is set")];
    if (expressions.has(expression)) return [duplicate(field.child('expression'), expression)];
    expressions.add(expression);
    return expressionErrors(expression, 'claims', field.child('expression'), compile, 'bool');
  });
}

function userRuleErrors(
  rules: NonNullable<JwtConfig['userValidationRules']>,
  at: Path,
  compile: ExpressionCompiler,
): FieldError[] {
  const seen = new Set<string>();
  return rules.flatMap(({ expression = '' }, index) => {
    const field = at.index(index).child('expression');
    if (expression === '') return [required(field, 'expression is required')];
    if (seen.has(expression)) return [duplicate(field, expression)];
    seen.add(expression);
    return expressionErrors(expression, 'user', field, compile, 'bool');
  });
}

const EXTRA_KEY =
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/[-._~:/?#[\]@!$&'()*+,;=%a-z0-9]+$/;
const RESERVED = /(^|\.)(kubernetes|k8s)\.io$/;

function mappingErrors(mappings: JwtConfig['claimMappings'], at: Path, compile: ExpressionCompiler): FieldError[] {
  const errors: FieldError[] = [];
  const { username = {}, groups = {}, uid = {}, extra = [] } = mappings;
  if (!username.claim && !username.expression)
    errors.push(required(at.child('username'), 'claim or expression is required'));
  else errors.push(...mappedErrors(username, at.child('username'), compile));
  errors.push(...mappedErrors(groups, at.child('groups'), compile));
  errors.push(...mappedErrors(uid, at.child('uid'), compile, false));
  const keys = new Set<string>();
  for (const [index, { key = '', valueExpression = '' }] of extra.entries()) {
    const field = at.child('extra').index(index);
    if (key === '') errors.push(required(field.child('key'), ''));
    else if (key !== key.toLowerCase()) errors.push(invalid(field.child('key'), key, 'key must be lowercase'));
    else if (!EXTRA_KEY.test(key))
      errors.push(invalid(field.child('key'), key, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    else if (RESERVED.test(key.split('/')[0]!))
      errors.push(
        invalid(field.child('key'), key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'),
      );
    if (keys.has(key)) errors.push(duplicate(field.child('key'), key));
    keys.add(key);
    if (valueExpression === '') errors.push(required(field.child('valueExpression'), 'valueExpression is required'));
    else errors.push(...expressionErrors(valueExpression, 'claims', field.child('valueExpression'), compile));
  }
  return errors;
}

function mappedErrors(
  { claim = '', prefix, expression = '' }: MappedClaim,
  at: Path,
  compile: ExpressionCompiler,
  prefixed = true,
): FieldError[] {
  if (claim !== '' && expression !== '') return [invalid(at, '', "claim and expression can't both be set")];
  if (expression !== '') {
    if (prefix != null) return [invalid(at, prefix, "prefix can't be set when expression is set")];
    return expressionErrors(expression, 'claims', at.child('expression'), compile);
  }
  if (claim !== '' && prefixed && prefix == null)
    return [
      required(
        at.child('prefix'),
        'prefix is required when claim is set. It can be set to an empty string to disable prefixing',
      ),
    ];
  if (claim === '' && prefix != null) return [invalid(at, prefix, "prefix can't be set when claim is not set")];
  return [];
}

function expressionErrors(
  expression: string,
  about: 'claims' | 'user',
  at: Path,
  compile: ExpressionCompiler,
  result: 'bool' | 'any' = 'any',
): FieldError[] {
  try {
    compile(expression, about, result);
    return [];
  } catch (error) {
    return [invalid(at, expression, (error as Error).message)];
  }
}
