import { METRICS_API } from '@keelson/api';
import type { MetricsPath } from './metrics-api.js';

/** What a path leads to. */
export type Route =
  | { readonly type: 'health' }
  | DocumentRoute
  | { readonly type: 'metrics-of'; readonly path: MetricsPath };

/** What is the same for all who may see it. */
export type DocumentRoute =
  | { readonly type: 'metrics' | 'groups' | 'group' | 'resources' | 'openapi-v2' | 'openapi-v3-index' }
  | { readonly type: 'openapi-v3'; readonly path: string };

const GROUP = `/apis/${METRICS_API.group}`;
const VERSION = `${GROUP}/${METRICS_API.version}`;

const FIXED: Readonly<Record<string, Route>> = {
  '/livez': { type: 'health' },
  '/readyz': { type: 'health' },
  '/healthz': { type: 'health' },
  '/metrics': { type: 'metrics' },
  '/apis': { type: 'groups' },
  [GROUP]: { type: 'group' },
  [VERSION]: { type: 'resources' },
  '/openapi/v2': { type: 'openapi-v2' },
  '/openapi/v3': { type: 'openapi-v3-index' },
};
const DOCUMENTS = '/openapi/v3/';

/** Undefined: there is nothing. */
export function routeOf(pathname: string): Route | undefined {
  const whole = pathname.length > 1 ? pathname.replace(/\/$/, '') : pathname;
  const fixed = Object.hasOwn(FIXED, whole) ? FIXED[whole] : undefined;
  if (fixed !== undefined) return fixed;
  if (whole.startsWith(DOCUMENTS)) return { type: 'openapi-v3', path: whole.slice(DOCUMENTS.length) };
  if (!whole.startsWith(`${VERSION}/`)) return undefined;
  let parts: string[];
  try {
    parts = whole
      .slice(VERSION.length + 1)
      .split('/')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const [first, second = '', third, fourth = '', ...more] = parts;
  if (more.length > 0 || parts.includes('')) return undefined;
  if (first === 'nodes' && third === undefined) return of('nodes', '', second);
  if (first === 'pods' && second === '') return of('pods', '', '');
  if (first === 'namespaces' && third === 'pods') return of('pods', second, fourth);
  return undefined;
}

function of(resource: MetricsPath['resource'], namespace: string, name: string): Route {
  return { type: 'metrics-of', path: { resource, namespace, name } };
}
