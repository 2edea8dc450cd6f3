import type { OutgoingHttpHeaders } from 'node:http';
import type { User } from '../auth/user.js';

/** As whom a request is passed on, for servers that trust this one's certificate to say so. */
export function frontProxyHeaders({ user, uid, groups, extra }: User): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = { 'x-remote-user': headerText(user) };
  if (uid) headers['x-remote-uid'] = headerText(uid);
  if (groups.length > 0) headers['x-remote-group'] = groups.map(headerText);
  for (const [key, values] of Object.entries(extra ?? {}))
    if (values.length > 0) headers[`x-remote-extra-${escapedKey(key)}`] = values.map(headerText);
  return headers;
}

/** What a header's name cannot have in it, and the sign of what was escaped, as the bytes of its UTF-8. */
function escapedKey(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9!#$&'*+.^_`|~-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** A header is bytes, and these are UTF-8; what would end it is left out. */
function headerText(text: string): string {
  return Buffer.from(text.replace(/[\r\n\0]+/g, ' ')).toString('latin1');
}
