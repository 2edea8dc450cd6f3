import type { Clock } from '@keelson/service';
import { decodeJwt, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';

/** What a token must be to be good. */
export interface Verification {
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly clock: Clock;
}

/** The claims of a token that its issuer signed. Throws what is wrong with it. */
export async function verified(
  token: string,
  issuer: string,
  keys: JWTVerifyGetKey,
  { audiences, algorithms, clock }: Verification,
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, keys, {
    ...{ algorithms: [...algorithms], issuer, audience: [...audiences] },
    requiredClaims: ['exp'],
    currentDate: new Date(clock.now()),
  });
  return payload;
}

/** Who says to have issued a token; undefined: it is no token, or nobody says so. */
export function claimedIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
