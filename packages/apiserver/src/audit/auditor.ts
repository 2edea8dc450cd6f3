import type { Clock, Logger } from '@keelson/service';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { type User, userInfoOf } from '../auth/user.js';
import type { ObjectReference } from './audit-event.js';
import type { AuditMetrics } from './audit-metrics.js';
import { AuditRecord } from './audit-record.js';
import type { AuditBackend } from './backend.js';
import type { Recording } from './policy.js';

/** A request as a door sees it. */
export interface SeenRequest {
  readonly id: string;
  readonly uri: string;
  readonly sourceIPs: readonly string[];
  readonly userAgent: string;
  /** What is asked for; whoever asks is not known yet. */
  attributes(user: User): AuthorizationAttributes;
}

const NOBODY: User = { user: '', groups: [] };
const USER_AGENT_MAX = 1024;

/** Decides what is recorded of requests, and where. */
export class Auditor {
  readonly #policy: (attributes: AuthorizationAttributes) => Recording;
  readonly #deps: { backend: AuditBackend; metrics: AuditMetrics; clock: Clock; logger: Logger };
  readonly #observe: () => void;

  constructor(
    policy: (attributes: AuthorizationAttributes) => Recording,
    dependencies: { backend: AuditBackend; metrics: AuditMetrics; clock: Clock; logger: Logger },
  ) {
    this.#policy = policy;
    this.#deps = dependencies;
    this.#observe = () => dependencies.metrics.events.inc();
  }

  /** Undefined: the policy does not want to know. */
  record(seen: SeenRequest, user: User = NOBODY): AuditRecord | undefined {
    const attributes = seen.attributes(user);
    const recording = this.#policy(attributes);
    const { metrics, backend, clock, logger } = this.#deps;
    metrics.levels.inc({ level: recording.level });
    if (recording.level === 'None') return undefined;
    const { id, uri, sourceIPs, userAgent } = seen;
    const request = {
      ...{ id, uri, sourceIPs, verb: attributes.verb },
      user: user === NOBODY ? {} : userInfoOf(user),
      userAgent: userAgent.length > USER_AGENT_MAX ? `${userAgent.slice(0, USER_AGENT_MAX)}...TRUNCATED` : userAgent,
      objectRef: objectRefOf(attributes),
      isLongRunning: isLongRunning(attributes),
    };
    return new AuditRecord(request, recording, { backend, clock, logger, observe: this.#observe });
  }

  /** A request is refused because it could not be recorded. */
  rejected(): void {
    this.#deps.metrics.rejected.inc();
  }

  close(): Promise<void> {
    return this.#deps.backend.close();
  }
}

const LONG_VERBS = new Set(['watch', 'proxy']);
const LONG_SUBRESOURCES = new Set(['attach', 'exec', 'proxy', 'log', 'portforward']);

/** Whether a request may be answered for as long as its client likes. */
export function isLongRunning({ verb, subresource, nonResourcePath }: AuthorizationAttributes): boolean {
  return nonResourcePath === undefined && (LONG_VERBS.has(verb) || LONG_SUBRESOURCES.has(subresource));
}

function objectRefOf(attributes: AuthorizationAttributes): ObjectReference | undefined {
  if (attributes.nonResourcePath !== undefined) return undefined;
  const { resource, namespace, name, group, version = '', subresource } = attributes;
  const made: ObjectReference = { resource };
  if (namespace !== '') made.namespace = namespace;
  if (name !== '') made.name = name;
  if (group !== '') made.apiGroup = group;
  if (version !== '') made.apiVersion = version;
  if (subresource !== '') made.subresource = subresource;
  return made;
}
