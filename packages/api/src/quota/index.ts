/** What objects use of what quotas limit: for whoever admits writes, and for whoever sums up. */
import { deviceClaims } from './device-claims.js';
import type { QuotaEvaluator, QuotaSurroundings } from './evaluator.js';
import { objectCount } from './object-count.js';
import { pods } from './pods.js';
import { services } from './services.js';
import { volumeClaims } from './volume-claims.js';

export {
  isAbout,
  type QuotaEvaluator,
  type QuotaSurroundings,
  type QuotaWrite,
  scopesOf,
} from './evaluator.js';
export { isCharged } from './pods.js';

/** What is not stored, or was never counted. */
const IGNORED: ReadonlySet<string> = new Set([
  ...['/bindings', '/componentstatuses', '/events', 'events.k8s.io/events'],
  ...['authentication.k8s.io/tokenreviews', 'authentication.k8s.io/selfsubjectreviews'],
  ...['subjectaccessreviews', 'selfsubjectaccessreviews', 'localsubjectaccessreviews', 'selfsubjectrulesreviews'].map(
    (plural) => `authorization.k8s.io/${plural}`,
  ),
]);

/** How objects of a kind are counted; undefined: not at all. */
export function quotaEvaluators(
  surroundings: QuotaSurroundings,
): (kind: { readonly group: string; readonly plural: string }) => QuotaEvaluator | undefined {
  const known = new Map<string, QuotaEvaluator>([
    ['/pods', pods(surroundings)],
    ['/services', services],
    ['/persistentvolumeclaims', volumeClaims],
    ['resource.k8s.io/resourceclaims', deviceClaims(surroundings)],
  ]);
  return ({ group, plural }) => {
    const key = `${group}/${plural}`;
    return IGNORED.has(key) ? undefined : (known.get(key) ?? objectCount(group, plural));
  };
}
