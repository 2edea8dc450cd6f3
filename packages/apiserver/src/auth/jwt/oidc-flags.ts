import type { JwtConfig } from './jwt-config.js';

/** The older flags of one issuer, `--oidc-*`. */
export interface OidcFlags {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly usernameClaim: string;
  readonly usernamePrefix: string | undefined;
  readonly groupsClaim: string | undefined;
  readonly groupsPrefix: string | undefined;
  /** `key=value` each. */
  readonly requiredClaims: readonly string[];
}

/** The same as an AuthenticationConfiguration says it. */
export function jwtConfigOf(flags: OidcFlags): JwtConfig {
  const { issuerUrl, clientId, usernameClaim, groupsClaim, groupsPrefix, requiredClaims } = flags;
  return {
    issuer: { url: issuerUrl, audiences: [clientId] },
    claimValidationRules: requiredClaims.map((it) => {
      const [claim = '', ...value] = it.split('=');
      return { claim, requiredValue: value.join('=') };
    }),
    claimMappings: {
      username: { claim: usernameClaim, prefix: usernamePrefix(flags) },
      ...(groupsClaim ? { groups: { claim: groupsClaim, prefix: groupsPrefix ?? '' } } : {}),
    },
  };
}

/** Names of different issuers must not meet: without a word from the flags they begin with the issuer. */
function usernamePrefix({ issuerUrl, usernameClaim, usernamePrefix: given }: OidcFlags): string {
  if (given === '-') return '';
  if (given) return given;
  return usernameClaim === 'email' ? '' : `${issuerUrl}#`;
}
