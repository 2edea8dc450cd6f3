import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { comparable } from './compared.js';

interface Entry {
  readonly auditID: string;
  readonly stage: string;
  readonly requestURI?: string;
  readonly userAgent?: string;
  readonly responseStatus?: { readonly code?: number };
  readonly objectRef?: { readonly namespace?: string };
}

const LOOK_MS = 10;
const PATIENCE_MS = 40_000;

/** What the audit log tells of each request in a namespace, stage by stage, in the order in which they came. */
export async function auditedIn(directory: string, namespace: string, tag: string): Promise<unknown[]> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const requests = [...entriesIn(directory, namespace).values()];
    // That a client has left a watch is known to the server a moment later.
    if (requests.every((stages) => isComplete(stages.at(-1)))) return requests.map((stages) => comparable(stages, tag));
    if (Date.now() > end) throw new Error(`the log of ${namespace} does not end: ${JSON.stringify(requests)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Who is not known is refused, and no more is told. */
function isComplete({ stage, responseStatus }: Partial<Entry> = {}): boolean {
  return stage === 'ResponseComplete' || responseStatus?.code === 401;
}

function entriesIn(directory: string, namespace: string): Map<string, Partial<Entry>[]> {
  const requests = new Map<string, Partial<Entry>[]>();
  for (const line of readFileSync(join(directory, 'audit.log'), 'utf8').split('\n')) {
    if (!line.includes(namespace) || !line.endsWith('}')) continue;
    const { auditID, requestURI: _uri, userAgent: _agent, ...entry } = JSON.parse(line) as Entry;
    if (entry.objectRef?.namespace !== namespace) continue;
    const stages = requests.get(auditID);
    if (stages === undefined) requests.set(auditID, [entry]);
    else stages.push(entry);
  }
  return requests;
}
