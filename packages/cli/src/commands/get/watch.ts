import type { Table } from '@keelson/api';
import { INTERRUPTED, UsageError } from '../../errors.js';
import { objectText, withoutManagedFields } from '../../print/output.js';
import { TablePrinter } from '../../print/table.js';
import { type GetRequest, namespaceOf } from './request.js';
import { viewOf } from './tables.js';

/** `get -w`: what is there, then each change as it comes, until interrupted. */
export async function watchGet(request: GetRequest): Promise<number> {
  const { context, cluster, flags, output, chosen } = request;
  const [one, ...others] = chosen;
  if (one === undefined || others.length > 0)
    throw new UsageError('you may only specify a single resource type, and at most one name, with -w');
  const { resource, name } = one;
  const nameSelector = name === undefined ? flags['field-selector'] : `metadata.name=${name}`;
  const selection = {
    namespace: namespaceOf(request, one),
    labelSelector: flags.selector,
    fieldSelector: nameSelector,
  };
  if (name !== undefined) await cluster.client.get(resource, { namespace: selection.namespace, name });
  const isTable = output.type === 'table';
  const view = viewOf(request, resource, false);
  const printer = new TablePrinter(view);
  const write = (text: string) => void context.io.stdout.write(text);
  const show = (type: string, object: object) => {
    if (isTable)
      write(printer.print(flags['output-watch-events'] ? withEvent(object as Table, type) : (object as Table)));
    else {
      const shown = flags['show-managed-fields'] ? object : withoutManagedFields(object);
      if (flags['output-watch-events']) write(objectText(output, { type, object: shown }, cluster.mapper));
      else write(objectText(output, shown, cluster.mapper) + (output.type === 'jsonpath' ? '\n' : ''));
    }
  };
  const table = await cluster.client.table(resource, selection);
  let resourceVersion = table.metadata.resourceVersion ?? '';
  if (!flags['watch-only']) {
    if (isTable) {
      if (table.rows.length > 0) show('ADDED', table);
    } else {
      const list = await cluster.client.list(resource, selection);
      resourceVersion = list.metadata.resourceVersion ?? '';
      for (const item of list.items) show('ADDED', item);
    }
  }
  const settings = { ...selection, resourceVersion, allowWatchBookmarks: true, signal: context.signal };
  const events = isTable ? cluster.client.watchTable(resource, settings) : cluster.client.watch(resource, settings);
  for await (const { type, object } of events) if (type !== 'BOOKMARK') show(type, object);
  return context.signal.aborted ? INTERRUPTED : 0;
}

function withEvent(table: Table, type: string): Table {
  const column = { name: 'Event', type: 'string', format: '', description: '', priority: 0 };
  return {
    ...table,
    columnDefinitions: table.columnDefinitions.length === 0 ? [] : [column, ...table.columnDefinitions],
    rows: table.rows.map((row) => ({ ...row, cells: [type, ...row.cells] })),
  };
}
