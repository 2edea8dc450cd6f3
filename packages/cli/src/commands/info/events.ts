import { age, type Event } from '@keelson/api';
import { resources } from '@keelson/client';
import { defineCommand } from '../../command/command.js';
import { UsageError } from '../../errors.js';
import { objectText, parseOutput, withoutManagedFields } from '../../print/output.js';
import { layRow, tabulate } from '../../print/tabwriter.js';
import { resourceArguments } from '../../resources/arguments.js';
import { countOf, firstSeen, lastSeen } from '../describe/events.js';

export const eventsCommand = defineCommand({
  name: 'events',
  group: 'Troubleshooting',
  summary: 'Show what happened, oldest first',
  examples: ['events', 'events --for pod/web-1 -w', 'events --types=Warning -A'],
  flags: {
    'all-namespaces': { type: 'boolean', short: 'A', default: false, description: 'Of every namespace' },
    for: { type: 'string', description: 'Of this object only', value: 'TYPE/NAME' },
    types: { type: 'list', description: 'Normal, Warning', value: 'TYPE' },
    watch: { type: 'boolean', short: 'w', default: false, description: 'Go on with what happens' },
    'no-headers': { type: 'boolean', default: false, description: 'Leave the header out' },
    output: { type: 'string', short: 'o', description: 'json or yaml', value: 'FORMAT' },
  },
  async run(context, { flags, positionals }) {
    if (positionals.length > 0) throw new UsageError(`unexpected arguments: ${positionals.join(' ')}`);
    const output = parseOutput(flags.output);
    const { client, mapper } = await context.cluster();
    const namespace = flags['all-namespaces'] ? '' : context.namespace();
    const fieldSelector = flags.for === undefined ? undefined : selectorFor(flags.for);
    const isWanted = (event: Event) =>
      flags.types.length === 0 || flags.types.some((type) => type.toLowerCase() === event.type?.toLowerCase());
    const list = await client.list(resources.events, { namespace, fieldSelector });
    const items = list.items
      .filter(isWanted)
      .sort((a, b) => Date.parse(lastSeen(a) ?? '') - Date.parse(lastSeen(b) ?? ''));
    if (output.type !== 'table') {
      const whole = withoutManagedFields({ apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items });
      context.io.stdout.write(objectText(output, whole, mapper));
      return;
    }
    const row = (event: Event) => cells(event, new Date(context.clock.now()), flags['all-namespaces']);
    const header = [
      ...(flags['all-namespaces'] ? ['NAMESPACE'] : []),
      'LAST SEEN',
      'TYPE',
      'REASON',
      'OBJECT',
      'MESSAGE',
    ];
    const rows = items.map(row);
    if (rows.length === 0 && !flags.watch) {
      context.warn(flags['all-namespaces'] ? 'No events found.' : `No events found in ${namespace} namespace.`);
      return;
    }
    const shown = flags['no-headers'] ? rows : [header, ...rows];
    context.io.stdout.write(tabulate(shown));
    if (!flags.watch) return;
    const widths = header.map((_, at) => Math.max(6, ...shown.map((it) => (it[at]?.length ?? 0) + 3)));
    const settings = {
      namespace,
      fieldSelector,
      resourceVersion: list.metadata.resourceVersion,
      signal: context.signal,
    };
    for await (const { type, object } of client.watch(resources.events, settings)) {
      if (type !== 'DELETED' && type !== 'BOOKMARK' && isWanted(object)) context.print(layRow(row(object), widths));
    }

    function selectorFor(text: string): string {
      const [argument] = text.includes('/') ? resourceArguments([text], mapper) : [];
      if (argument?.name === undefined) throw new UsageError(`--for must be in resource/name form, got "${text}"`);
      return `involvedObject.kind=${argument.resource.kind},involvedObject.name=${argument.name}`;
    }
  },
});

function cells(event: Event, now: Date, withNamespace: boolean): string[] {
  const { kind = '', name = '' } = event.involvedObject ?? {};
  const count = countOf(event);
  const last = age(lastSeen(event), now);
  const seen = count > 1 ? `${last} (x${count} over ${age(firstSeen(event), now)})` : last;
  const own = [
    seen,
    event.type ?? '',
    event.reason ?? '',
    `${kind}/${name}`,
    (event.message ?? '').trim().replaceAll('\n', '\\n'),
  ];
  return withNamespace ? [event.metadata.namespace ?? '', ...own] : own;
}
