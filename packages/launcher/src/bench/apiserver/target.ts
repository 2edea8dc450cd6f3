import { type Clock, HttpCaller, loadIdentity } from '@keelson/service';
import { adminFiles } from '../../pki/certificates.js';

/** Where API servers are, and who their administrator is: enough to drive them from another thread. */
export interface Target {
  readonly addresses: readonly string[];
  /** The directory of the certificates. */
  readonly pki: string;
}

/** New connections of the administrator, spread over the servers. */
export function opener({ addresses, pki }: Target, clock: Clock): (count: number) => HttpCaller[] {
  const tls = loadIdentity(adminFiles(pki), clock.now());
  return (count) =>
    Array.from({ length: count }, (_, at) => new HttpCaller(addresses[at % addresses.length]!, { clock, tls }));
}
