import { allKinds, KindRegistry, resolveSchema, type Schema } from '@keelson/api';
import { defineCommand } from '../../command/command.js';
import { CliError, UsageError } from '../../errors.js';
import { alignTabs } from '../../print/tabwriter.js';
import { definedSchema } from './defined-schema.js';

const kinds = new KindRegistry(allKinds);

export const explain = defineCommand({
  name: 'explain',
  group: 'Basic',
  summary: 'Show the fields of a type',
  usage: 'TYPE[.FIELD…]',
  complete: 'types',
  examples: ['explain pods', 'explain deploy.spec.strategy', 'explain pod.spec --recursive'],
  flags: { recursive: { type: 'boolean', default: false, description: 'Fields within fields too' } },
  async run(context, { flags, positionals }) {
    const [path, ...more] = positionals;
    if (path === undefined || more.length > 0)
      throw new UsageError('you must specify exactly one type of resource to explain, such as pods or pod.spec');
    const cluster = await context.cluster();
    const [type = '', ...fields] = path.split('.');
    const resource = cluster.mapper.find(type);
    const { group, version, plural, kind } = resource;
    const known = kinds.find(group, version, plural)?.schema ?? (await definedSchema(cluster, resource));
    if (known === undefined) {
      throw new CliError(`keelctl has no schema of ${plural}: it is neither built in nor has it a definition with one`);
    }
    const out = [...(group === '' ? [] : [`GROUP:\t${group}`]), `KIND:\t${kind}`, `VERSION:\t${version}`];
    let schema = known;
    for (const field of fields) {
      const next = fieldsOf(schema)[field];
      if (next === undefined) throw new CliError(`field "${field}" does not exist in ${path}`);
      schema = next;
    }
    const lines = [alignTabs(out.join('\n'), { minWidth: 12, padding: 1 }), ''];
    if (fields.length > 0) lines.push(`FIELD: ${fields.at(-1)} <${typeText(schema)}>`, '');
    const inside = fieldLines(schema, flags.recursive, 1, []);
    if (inside.length > 0) lines.push('FIELDS:', ...inside);
    context.print(lines.join('\n'));
  },
});

/** The fields of an object, or of what a list or map holds. */
function fieldsOf(schema: Schema): Readonly<Record<string, Schema>> {
  const node = resolveSchema(schema);
  if (node.items !== undefined) return fieldsOf(node.items);
  return node.map !== undefined ? fieldsOf(node.map) : (node.properties ?? {});
}

function requiredOf(schema: Schema): readonly string[] {
  const node = resolveSchema(schema);
  if (node.items !== undefined) return requiredOf(node.items);
  return node.required ?? [];
}

function fieldLines(schema: Schema, recursive: boolean, level: number, above: readonly string[]): string[] {
  const required = requiredOf(schema);
  return Object.entries(fieldsOf(schema))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, field]) => {
      const text = `${'  '.repeat(level)}${name}\t<${typeText(field)}>${required.includes(name) ? ' -required-' : ''}`;
      const type = typeText(field);
      // A type within itself, as JSON schemas are, would not end.
      const inner = recursive && !above.includes(type) ? fieldLines(field, true, level + 1, [...above, type]) : [];
      return [text, ...inner];
    });
}

function typeText(schema: Schema): string {
  if (schema.items !== undefined) return `[]${typeText(schema.items)}`;
  if (schema.map !== undefined) return `map[string]${typeText(schema.map)}`;
  const node = resolveSchema(schema);
  const isNamed = schema.ref !== undefined && (node.properties !== undefined || node.type !== 'object');
  if (isNamed) return (schema.ref ?? '').split('.').at(-1) ?? '';
  return node.type === undefined ? 'Object' : node.type === 'object' ? 'Object' : node.type;
}
