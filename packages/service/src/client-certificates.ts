import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Clock } from './clock.js';
import { type Identity, identityOf } from './tls.js';

/** A certificate as a caller showed it: nobody has looked at it yet. */
export interface ShownCertificate {
  /** DER. */
  readonly raw: Buffer;
  readonly fingerprint256: string;
  /** What came with it, in any order, DER. */
  readonly intermediates: readonly Buffer[];
}

/** What a caller showed on a connection, whoever signed it; undefined: nothing. */
export function shownCertificate(socket: TLSSocket): ShownCertificate | undefined {
  const leaf = socket.getPeerCertificate(true);
  if (leaf?.raw === undefined) return undefined;
  const intermediates: Buffer[] = [];
  // A root is its own issuer.
  for (let it = leaf; it.issuerCertificate !== undefined && it.issuerCertificate !== it; it = it.issuerCertificate)
    intermediates.push(it.issuerCertificate.raw);
  return { raw: leaf.raw, fingerprint256: leaf.fingerprint256, intermediates };
}

interface Verdict {
  readonly identity: Identity | undefined;
  readonly from: number;
  readonly until: number;
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const CHAIN_MAX = 5;
/** Certificates whose verdict is remembered: checking a signature costs as much as a small request. */
const KNOWN_MAX = 1_000;

/** Says who the holder of a client certificate is, if one of some authorities vouches for it. */
export class ClientCertificates {
  readonly #authorities: readonly X509Certificate[];
  readonly #clock: Clock;
  readonly #known = new Map<string, Verdict>();

  /** `bundle`: PEM certificates of the authorities. */
  constructor(bundle: Buffer, dependencies: { clock: Clock }) {
    const pems = bundle.toString().match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    this.#authorities = pems.map((pem) => new X509Certificate(pem));
    this.#clock = dependencies.clock;
  }

  identityOf(shown: ShownCertificate): Identity | undefined {
    const now = this.#clock.now();
    let verdict = this.#known.get(shown.fingerprint256);
    if (verdict === undefined) {
      verdict = this.#judge(shown);
      if (this.#known.size >= KNOWN_MAX) this.#known.delete(this.#known.keys().next().value!);
      this.#known.set(shown.fingerprint256, verdict);
    }
    return verdict.from <= now && now <= verdict.until ? verdict.identity : undefined;
  }

  #judge({ raw, intermediates }: ShownCertificate): Verdict {
    const refused = { identity: undefined, from: -Infinity, until: Infinity };
    try {
      const leaf = new X509Certificate(raw);
      if (leaf.keyUsage !== undefined && !leaf.keyUsage.includes(CLIENT_AUTH)) return refused;
      const chain = this.#chain(
        leaf,
        intermediates.slice(0, CHAIN_MAX).map((it) => new X509Certificate(it)),
      );
      if (chain === undefined) return refused;
      return {
        identity: identityOf(leaf.toLegacyObject().subject as Parameters<typeof identityOf>[0]),
        from: Math.max(...chain.map((it) => Date.parse(it.validFrom))),
        until: Math.min(...chain.map((it) => Date.parse(it.validTo))),
      };
    } catch {
      return refused; // not to be read as a certificate
    }
  }

  /** From the leaf to one of the authorities; undefined: it leads to none. */
  #chain(leaf: X509Certificate, intermediates: readonly X509Certificate[]): X509Certificate[] | undefined {
    const chain = [leaf];
    while (chain.length <= CHAIN_MAX) {
      const last = chain.at(-1)!;
      const authority = this.#authorities.find((it) => isIssuer(it, last));
      if (authority !== undefined) return [...chain, authority];
      const next = intermediates.find((it) => it.ca && !chain.includes(it) && isIssuer(it, last));
      if (next === undefined) return undefined;
      chain.push(next);
    }
    return undefined;
  }
}

function isIssuer(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
