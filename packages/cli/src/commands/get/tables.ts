import type { Table } from '@keelson/api';
import type { MappedResource } from '../../cluster/mapper.js';
import { singularName } from '../../cluster/mapper.js';
import { TablePrinter, type TableView } from '../../print/table.js';
import { type GetRequest, namespaceOf, reportFailure } from './request.js';
import { sortRows } from './sort.js';

/** `get` as tables, one for each type. */
export async function getTables(request: GetRequest): Promise<number> {
  const { context, flags } = request;
  const groups = byResource(request);
  let failures = 0;
  let shown = 0;
  const hasSeveral = groups.size > 1;
  for (const [resource, wanted] of groups) {
    const tables: Table[] = [];
    for (const one of wanted) {
      try {
        tables.push(...(await fetchTables(request, one)));
      } catch (error) {
        if (reportFailure(request, error)) failures++;
      }
    }
    const rows = tables.flatMap((table) => table.rows);
    const [first] = tables;
    if (first === undefined || rows.length === 0) continue;
    const sorted = flags['sort-by'] === undefined ? rows : sortRows(rows, flags['sort-by']);
    const printer = new TablePrinter(viewOf(request, resource, hasSeveral));
    if (shown > 0) context.print('');
    context.io.stdout.write(printer.print({ ...first, rows: sorted }));
    shown += rows.length;
  }
  if (shown === 0 && failures === 0 && !flags['ignore-not-found']) context.warn(nothingFound(request));
  return failures > 0 ? 1 : 0;
}

function byResource({ chosen }: GetRequest): Map<MappedResource, GetRequest['chosen']> {
  const groups = new Map<MappedResource, GetRequest['chosen'][number][]>();
  for (const one of chosen) groups.set(one.resource, [...(groups.get(one.resource) ?? []), one]);
  return groups;
}

async function fetchTables(request: GetRequest, one: GetRequest['chosen'][number]): Promise<Table[]> {
  const { cluster, flags } = request;
  const include = flags['sort-by'] === undefined ? 'Metadata' : 'Object';
  const settings = {
    namespace: namespaceOf(request, one),
    name: one.name,
    ...(one.name === undefined
      ? { labelSelector: flags.selector, fieldSelector: flags['field-selector'], limit: flags['chunk-size'] }
      : {}),
  };
  const tables: Table[] = [];
  let continueToken: string | undefined;
  do {
    const table = await cluster.client.table(
      one.resource,
      { ...settings, ...(continueToken ? { continueToken } : {}) },
      include,
    );
    tables.push(table);
    continueToken = table.metadata.continue || undefined;
  } while (continueToken !== undefined);
  return tables;
}

export function viewOf(
  { context, flags, output }: GetRequest,
  resource: MappedResource,
  hasSeveral: boolean,
): TableView {
  return {
    wide: output.type === 'table' && output.wide,
    withNamespace: flags['all-namespaces'] && resource.namespaced,
    showLabels: flags['show-labels'],
    labelColumns: flags['label-columns'],
    noHeaders: flags['no-headers'],
    kindPrefix: hasSeveral || flags['show-kind'] ? singularName(resource) : undefined,
    style: context.style,
  };
}

function nothingFound({ context, flags, chosen }: GetRequest): string {
  const isNamespaced = chosen.some((it) => it.resource.namespaced);
  if (!isNamespaced || flags['all-namespaces']) return 'No resources found';
  return `No resources found in ${context.namespace()} namespace.`;
}
