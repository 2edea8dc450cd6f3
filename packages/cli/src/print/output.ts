import { encodeYaml, isRecord, JsonPath, type KubeObject } from '@keelson/api';
import type { ResourceMapper } from '../cluster/mapper.js';
import { UsageError } from '../errors.js';
import { type CustomColumn, customCells, customColumns } from './custom-columns.js';
import { jsonText } from './structured.js';
import { tabulate } from './tabwriter.js';

/** What `-o` asks for. */
export type Output =
  | { readonly type: 'table'; readonly wide: boolean }
  | { readonly type: 'json' | 'yaml' | 'name' }
  | { readonly type: 'jsonpath'; readonly template: JsonPath }
  | { readonly type: 'custom-columns'; readonly columns: readonly CustomColumn[] };

export const outputFlag = {
  output: {
    type: 'string',
    short: 'o',
    description: 'json, yaml, name, wide, jsonpath=TEMPLATE or custom-columns=SPEC',
    value: 'FORMAT',
  },
} as const;

const FORMATS = 'custom-columns,json,jsonpath,name,wide,yaml';

export function parseOutput(text: string | undefined): Output {
  if (text === undefined || text === '') return { type: 'table', wide: false };
  const equals = text.indexOf('=');
  const [format, argument] = equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
  switch (format) {
    case 'wide':
      return { type: 'table', wide: true };
    case 'json':
    case 'yaml':
    case 'name':
      return { type: format };
    case 'jsonpath':
      if (!argument)
        throw new UsageError("template format specified but no template given: write -o jsonpath='{.metadata.name}'");
      return { type: 'jsonpath', template: new JsonPath(argument) };
    case 'custom-columns':
      return { type: 'custom-columns', columns: customColumns(argument ?? '') };
    default:
      throw new UsageError(
        `unable to match a printer suitable for the output format "${text}", allowed formats are: ${FORMATS}`,
      );
  }
}

/** One object, or a List, in any form but a table of the server's. */
export function objectText(output: Output, object: object, mapper: ResourceMapper | undefined): string {
  switch (output.type) {
    case 'json':
      return `${jsonText(object)}\n`;
    case 'yaml':
      return encodeYaml(object);
    case 'name':
      return itemsOf(object)
        .map((it) => `${nameOf(it, mapper)}\n`)
        .join('');
    case 'jsonpath':
      return output.template.render(object);
    case 'custom-columns': {
      const rows = itemsOf(object).map((it) => customCells(output.columns, it));
      return tabulate([output.columns.map((it) => it.header), ...rows]);
    }
    case 'table':
      throw new TypeError('tables are made by the server');
  }
}

export function itemsOf(object: object): KubeObject[] {
  const list = object as { kind?: string; items?: KubeObject[] };
  return Array.isArray(list.items) && /List$/.test(list.kind ?? '') ? list.items : [object as KubeObject];
}

/** `deployment.apps/web`. */
export function nameOf(object: KubeObject, mapper: ResourceMapper | undefined): string {
  const { apiVersion = 'v1', kind = '', metadata } = object;
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const type = mapper?.kind(apiVersion, kind)?.singular ?? kind.toLowerCase();
  return `${type}${group === '' ? '' : `.${group}`}/${metadata.name ?? ''}`;
}

/** An object without what no one reads. */
export function withoutManagedFields<T extends object>(object: T): T {
  for (const item of itemsOf(object)) {
    if (isRecord(item.metadata)) delete (item.metadata as Record<string, unknown>)['managedFields'];
  }
  return object;
}
