import { apiVersionText } from '@keelson/client';
import { groupResource, type MappedResource } from '../../cluster/mapper.js';
import { defineCommand } from '../../command/command.js';
import { UsageError } from '../../errors.js';
import { tabulate } from '../../print/tabwriter.js';

export const apiResources = defineCommand({
  name: 'api-resources',
  group: 'Other',
  summary: 'List the types of objects that the server knows',
  examples: ['api-resources', 'api-resources --namespaced=false -o wide'],
  flags: {
    'api-group': { type: 'string', description: 'Of this group only', value: 'GROUP' },
    namespaced: { type: 'boolean', description: 'Only those in namespaces, or with =false those that are not' },
    verbs: { type: 'list', description: 'Only those with these verbs', value: 'VERB' },
    categories: { type: 'list', description: 'Only those in these categories', value: 'NAME' },
    'no-headers': { type: 'boolean', default: false, description: 'Leave the header out' },
    'sort-by': { type: 'string', choices: ['name', 'kind'], description: 'Sort by name or kind' },
    output: { type: 'string', short: 'o', choices: ['wide', 'name'], description: 'wide or name', value: 'FORMAT' },
  },
  async run(context, { flags, positionals }) {
    if (positionals.length > 0) throw new UsageError(`unexpected arguments: ${positionals.join(' ')}`);
    const { mapper } = await context.cluster();
    const chosen = preferred(mapper.all).filter(
      (it) =>
        (flags['api-group'] === undefined || it.group === flags['api-group']) &&
        (flags.namespaced === undefined || it.namespaced === flags.namespaced) &&
        flags.verbs.every((verb) => it.verbs.includes(verb)) &&
        flags.categories.every((category) => it.categories.includes(category)),
    );
    const key = (it: MappedResource) =>
      flags['sort-by'] === 'kind' ? it.kind : flags['sort-by'] === 'name' ? it.plural : `${it.group}/${it.plural}`;
    chosen.sort((a, b) => (key(a) < key(b) ? -1 : 1));
    if (flags.output === 'name') for (const it of chosen) context.print(groupResource(it));
    else {
      const wide = flags.output === 'wide';
      const header = [
        'NAME',
        'SHORTNAMES',
        'APIVERSION',
        'NAMESPACED',
        'KIND',
        ...(wide ? ['VERBS', 'CATEGORIES'] : []),
      ];
      const rows = chosen.map((it) => [
        it.plural,
        it.shortNames.join(','),
        apiVersionText(it),
        String(it.namespaced),
        it.kind,
        ...(wide ? [[...it.verbs].sort().join(','), it.categories.join(',')] : []),
      ]);
      context.io.stdout.write(tabulate(flags['no-headers'] ? rows : [header, ...rows]));
    }
  },
});

/** Of each type, its best version. */
function preferred(all: readonly MappedResource[]): MappedResource[] {
  const seen = new Set<string>();
  return all.filter((it) => {
    const id = `${it.group}/${it.plural}`;
    return seen.has(id) ? false : Boolean(seen.add(id));
  });
}

export const apiVersions = defineCommand({
  name: 'api-versions',
  group: 'Other',
  summary: 'List the versions of the API that the server speaks',
  async run(context) {
    const { discovered } = await context.cluster();
    const texts = discovered.groups.flatMap(({ name, versions }) =>
      versions.map((version) => (name === '' ? version : `${name}/${version}`)),
    );
    for (const text of texts.sort()) context.print(text);
  },
});
