import { JsonPath, relaxedTemplate, valueText } from '@keelson/api';
import { CliError } from '../errors.js';

export interface CustomColumn {
  readonly header: string;
  readonly path: JsonPath;
}

/** Reads `NAME:.metadata.name,IMAGE:.spec.containers[*].image`. */
export function customColumns(spec: string): CustomColumn[] {
  if (spec === '')
    throw new CliError('custom-columns format specified but no custom columns given: write HEADER:PATH,…');
  return splitColumns(spec).map((part) => {
    const colon = part.indexOf(':');
    if (colon < 1) throw new CliError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, colon), path: new JsonPath(relaxedTemplate(part.slice(colon + 1))) };
  });
}

/** Commas within brackets belong to a path. */
function splitColumns(spec: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const char of spec) {
    if (char === '[' || char === '(') depth++;
    if (char === ']' || char === ')') depth--;
    if (char === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += char;
  }
  return parts;
}

export function customCells(columns: readonly CustomColumn[], object: unknown): string[] {
  return columns.map(({ path }) => {
    const values = path.values(object);
    return values.length === 0 ? '<none>' : values.map((value) => valueText(value) || '<none>').join(',');
  });
}
