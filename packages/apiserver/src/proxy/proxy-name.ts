/** The name of what is reached through the server: `[scheme:]name[:port]`. */
export interface ProxyName {
  readonly scheme: 'http' | 'https' | '';
  readonly name: string;
  /** A number or a name; empty: the usual one. */
  readonly port: string;
}

const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const PORT = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Undefined: it is not of that form. */
export function parseProxyName(text: string): ProxyName | undefined {
  const parts = text.split(':');
  const [first = '', second = '', third = ''] = parts;
  if (parts.length > 3) return undefined;
  if (parts.length === 1) return valid('', first, '');
  if (parts.length === 2)
    return first === 'http' || first === 'https' ? valid(first, second, '') : valid('', first, second);
  return first === '' || first === 'http' || first === 'https' ? valid(first, second, third) : undefined;
}

function valid(scheme: ProxyName['scheme'], name: string, port: string): ProxyName | undefined {
  return NAME.test(name) && (port === '' || PORT.test(port)) ? { scheme, name, port } : undefined;
}
