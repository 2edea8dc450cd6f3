import { addresses } from '@keelson/api';

/** Where a request comes from, as far as headers and the connection say; only the last one is certain. */
export function sourceIps(header: (name: string) => string | undefined, remoteAddress: string | undefined): string[] {
  const found = (header('x-forwarded-for') ?? '')
    .split(',')
    .map((part) => plain(part.trim()))
    .filter((it) => it !== undefined);
  const real = plain(header('x-real-ip') ?? '');
  if (real !== undefined && !found.includes(real)) found.push(real);
  const remote = plain(remoteAddress ?? '');
  if (remote !== undefined && found.at(-1) !== remote) found.push(remote);
  return found;
}

/** An address of IPv4 that comes as one of IPv6 is itself. Undefined: it is none. */
function plain(text: string): string | undefined {
  const unmapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text;
  return addresses.parseAddress(unmapped) === undefined ? undefined : unmapped;
}
