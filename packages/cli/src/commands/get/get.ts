import { defineCommand } from '../../command/command.js';
import { UsageError } from '../../errors.js';
import { outputFlag, parseOutput } from '../../print/output.js';
import { resourceArguments } from '../../resources/arguments.js';
import { fromFiles } from './from-files.js';
import { getObjects } from './objects.js';
import { getTables } from './tables.js';
import { watchGet } from './watch.js';

export const getFlags = {
  ...outputFlag,
  'all-namespaces': { type: 'boolean', short: 'A', default: false, description: 'Of every namespace' },
  selector: { type: 'string', short: 'l', description: 'Label selector', value: 'SELECTOR' },
  'field-selector': { type: 'string', description: 'Field selector', value: 'SELECTOR' },
  filename: {
    type: 'list',
    whole: true,
    short: 'f',
    description: 'Files, folders or - that name the objects',
    value: 'FILE',
  },
  recursive: { type: 'boolean', short: 'R', default: false, description: 'Read folders within folders too' },
  watch: { type: 'boolean', short: 'w', default: false, description: 'Show what is there, then every change' },
  'watch-only': { type: 'boolean', default: false, description: 'Show changes only' },
  'sort-by': { type: 'string', description: 'Sort by the value of a JSONPath', value: 'PATH' },
  'no-headers': { type: 'boolean', default: false, description: 'Leave the header out' },
  'show-labels': { type: 'boolean', default: false, description: 'Labels as the last column' },
  'label-columns': { type: 'list', short: 'L', description: 'Labels as columns of their own', value: 'LABEL' },
  'show-kind': { type: 'boolean', default: false, description: 'Names with their type' },
  'show-managed-fields': { type: 'boolean', default: false, description: 'Keep managedFields in JSON and YAML' },
  'ignore-not-found': { type: 'boolean', default: false, description: 'A missing object is no error' },
  'output-watch-events': { type: 'boolean', default: false, description: 'With -w: the kind of each change too' },
  'chunk-size': { type: 'integer', default: 500, description: 'Objects of one request; 0 for all at once' },
} as const;

export const get = defineCommand({
  name: 'get',
  group: 'Basic',
  summary: 'Show resources',
  usage: '(TYPE[,TYPE] [NAME…] | TYPE/NAME …)',
  complete: 'resources',
  examples: [
    'get pods',
    'get pods,svc -o wide',
    'get deploy/web -o yaml',
    "get pods -l app=web -o jsonpath='{.items[*].status.podIP}'",
    'get all -A',
    'get pods -w',
  ],
  flags: getFlags,
  async run(context, invocation) {
    const { flags, positionals } = invocation;
    const output = parseOutput(flags.output);
    if (positionals.length === 0 && flags.filename.length === 0) {
      throw new UsageError(
        "you must specify the type of resource to get, such as 'keelctl get pods'; 'keelctl api-resources' lists the types",
      );
    }
    const cluster = await context.cluster();
    const chosen =
      flags.filename.length > 0
        ? await fromFiles(context, cluster, flags, positionals)
        : resourceArguments(positionals, cluster.mapper);
    const hasName = chosen.some((it) => it.name !== undefined);
    if (hasName && flags['all-namespaces'] && chosen.some((it) => it.resource.namespaced)) {
      throw new UsageError('a resource cannot be retrieved by name across all namespaces');
    }
    if (hasName && (flags.selector !== undefined || flags['field-selector'] !== undefined)) {
      throw new UsageError('name cannot be provided when a selector is specified');
    }
    const request = { context, cluster, flags, output, chosen };
    if (flags.watch || flags['watch-only']) return watchGet(request);
    return output.type === 'table' ? getTables(request) : getObjects(request);
  },
});
