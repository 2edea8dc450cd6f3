import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { comparable } from './compared.js';

interface Entry {
  readonly auditID: string;
  readonly stage: string;
  readonly requestURI?: string;
  readonly userAgent?: string;
  readonly sourceIPs?: unknown;
  readonly objectRef?: { readonly namespace?: string };
}

/** What the audit log tells of each request in a namespace, stage by stage, in the order in which they came. */
export function auditedIn(directory: string, namespace: string, tag: string): unknown[] {
  const requests = new Map<string, unknown[]>();
  for (const line of readFileSync(join(directory, 'audit.log'), 'utf8').split('\n')) {
    if (!line.includes(namespace)) continue;
    const { auditID, requestURI: _uri, userAgent: _agent, ...entry } = JSON.parse(line) as Entry;
    if (entry.objectRef?.namespace !== namespace) continue;
    const stages = requests.get(auditID);
    if (stages === undefined) requests.set(auditID, [comparable(entry, tag)]);
    else stages.push(comparable(entry, tag));
  }
  return [...requests.values()];
}
