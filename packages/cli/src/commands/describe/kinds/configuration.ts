import type { ConfigMap, LimitRange, Namespace, ResourceQuota, Secret, ServiceAccount } from '@keelson/api';
import type { Describer } from '../describer.js';
import { annotations, labels, sortedPairs } from '../metadata.js';

export const describeConfigMap: Describer<ConfigMap> = (out, { metadata, data, binaryData, immutable }) => {
  out.field('Name', metadata.name).field('Namespace', metadata.namespace);
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  out.line('').line('Data').line('====');
  for (const [key, value] of sortedPairs(data)) out.line(`${key}:`).line('----').line(value).line('');
  out.line('').line('BinaryData').line('====');
  for (const [key, value] of sortedPairs(binaryData as Record<string, string> | undefined)) {
    out.line(`${key}: ${Buffer.from(value, 'base64').length} bytes`);
  }
  if (immutable !== undefined) out.field('Immutable', immutable);
  out.line('');
};

export const describeSecret: Describer<Secret> = (out, { metadata, data, type }) => {
  out.field('Name', metadata.name).field('Namespace', metadata.namespace);
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  out
    .line('')
    .field('Type', type ?? 'Opaque')
    .line('')
    .line('Data')
    .line('====');
  for (const [key, value] of sortedPairs(data as Record<string, string> | undefined)) {
    const bytes = Buffer.from(value, 'base64');
    out.field(
      key,
      type === 'kubernetes.io/service-account-token' && key === 'token' ? bytes.toString() : `${bytes.length} bytes`,
    );
  }
};

export const describeServiceAccount: Describer<ServiceAccount> = (out, { metadata, imagePullSecrets, secrets }) => {
  out.field('Name', metadata.name).field('Namespace', metadata.namespace);
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  const names = (list: readonly { name?: string | undefined }[] | undefined) => (list ?? []).map((it) => it.name ?? '');
  out.list('Image pull secrets', names(imagePullSecrets));
  out.list('Mountable secrets', names(secrets));
  out.list('Tokens', []);
};

export const describeNamespace: Describer<Namespace> = async (out, { metadata, status }, { cluster }) => {
  out.field('Name', metadata.name);
  labels(out, metadata.labels);
  annotations(out, metadata.annotations);
  out.field('Status', metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? ''));
  const namespace = metadata.name ?? '';
  const quotas = await cluster.client.list(cluster.mapper.find('resourcequotas'), { namespace });
  out.line('');
  if (quotas.items.length === 0) out.line('No resource quota.');
  else {
    out.line('Resource Quotas');
    for (const quota of quotas.items as ResourceQuota[]) {
      out.field('Name', quota.metadata.name, 1);
      const hard = sortedPairs(quota.status?.hard as Record<string, string> | undefined);
      const used = (quota.status?.used ?? {}) as Record<string, string>;
      out.rows(
        ['Resource', 'Used', 'Hard'],
        hard.map(([name, limit]) => [name, used[name] ?? '0', limit]),
      );
    }
  }
  const ranges = await cluster.client.list(cluster.mapper.find('limitranges'), { namespace });
  out.line('');
  if (ranges.items.length === 0) out.line('No LimitRange resource.');
  else out.line('Resource Limits').rows(LIMIT_HEADER, (ranges.items as LimitRange[]).flatMap(limitRows), 1);
};

const LIMIT_HEADER = ['Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio'];

function limitRows({ spec }: LimitRange): string[][] {
  return (spec?.limits ?? []).flatMap((limit) => {
    const maps = [limit.min, limit.max, limit.defaultRequest, limit.default, limit.maxLimitRequestRatio] as (
      | Record<string, string>
      | undefined
    )[];
    const names = [...new Set(maps.flatMap((map) => Object.keys(map ?? {})))].sort();
    return names.map((name) => [limit.type ?? '', name, ...maps.map((map) => map?.[name] ?? '-')]);
  });
}
