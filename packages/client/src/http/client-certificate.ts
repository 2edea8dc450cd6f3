/** PEM: what a client shows of itself on a connection. */
export interface ClientCertificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export function isSameCertificate(one: ClientCertificate | undefined, other: ClientCertificate | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.cert.equals(other.cert) && one.key.equals(other.key);
}
