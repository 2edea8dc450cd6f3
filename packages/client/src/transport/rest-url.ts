import type { RequestOptions, ResourceRequest } from '@keelson/api';

/** The REST path and query of a request, as kube-apiserver lays them out. */
export function restUrl(request: ResourceRequest): string {
  const { group, version, resource, namespace, name, subresource } = request.path;
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (namespace !== '' && !(group === '' && resource === 'namespaces')) parts.push('namespaces', namespace);
  parts.push(resource);
  if (name !== '' && !(request.verb === 'create' && subresource === '')) parts.push(name);
  if (subresource !== '') parts.push(subresource);
  const query = queryOf(request.verb, request.options);
  return `/${parts.map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
}

function queryOf(verb: ResourceRequest['verb'], options: RequestOptions): string {
  const query = new URLSearchParams();
  if (verb === 'watch') query.set('watch', 'true');
  const set = (key: string, value: string | number | boolean | undefined) => {
    if (value !== undefined && value !== '' && value !== false) query.append(key, String(value));
  };
  const { continueToken, dryRun, ...plain } = options;
  for (const [key, value] of Object.entries(plain)) set(key, value);
  set('continue', continueToken);
  for (const value of dryRun ?? []) set('dryRun', value);
  if (options.sendInitialEvents === false) query.set('sendInitialEvents', 'false');
  return query.toString();
}
