/** The error of a listener, in words that say what to do. */
export function listenError(error: unknown, address: string): Error {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another process uses this port: stop it or choose another port',
    EACCES: 'not permitted: choose a port above 1023 or run with more rights',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  const reason = reasons[code ?? ''] ?? (error instanceof Error ? error.message : String(error));
  return new Error(`cannot listen on ${address}: ${reason}`, { cause: error });
}

/** "host:port" → its parts; IPv6 hosts in brackets. Throws for anything else. */
export function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new Error(`"${address}" is not an address of the form host:port`);
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}
