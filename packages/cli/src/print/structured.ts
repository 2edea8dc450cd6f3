import { encodeGoJson, isRecord } from '@keelson/api';
import { Document, isScalar, Scalar, visit } from 'yaml';

/** JSON as Go writes it: fields by alphabet, four spaces, HTML's characters escaped. */
export function jsonText(value: unknown, indent = 4): string {
  return encodeGoJson(sortFields(value), indent);
}

/** YAML as kubectl writes it: fields by alphabet, list items not indented, strings quoted where YAML 1.1 needs it. */
export function yamlText(value: unknown): string {
  const document = new Document(sortFields(value), { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string') chooseQuotes(node as Scalar<string>);
    },
  });
  return document.toString({
    indentSeq: false,
    lineWidth: 0,
    nullStr: 'null',
    directives: false,
    blockQuote: 'literal',
  });
}

/** What YAML readers of any age would take for another type stands in double quotes, other oddities in single ones. */
const OTHER_TYPE =
  /^(|~|null|true|false|yes|no|on|off|y|n|[-+]?[\d][\d_]*|[-+]?(\d[\d_]*)?\.?\d[\d_]*(e[-+]?\d+)?|[-+]?\d[\d_]*\.|[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?|0x[\da-f_]+|0o[0-7]+|0b[01_]+|[-+]?\.inf|\.nan|\d{4}-\d\d?-\d\d?([Tt\s].*)?)$/i;

function chooseQuotes(node: Scalar<string>): void {
  const { value } = node;
  if (value.includes('\n')) return;
  if (OTHER_TYPE.test(value)) node.type = Scalar.QUOTE_DOUBLE;
  else if (/^[\s#&*!|>'"%@`[\]{},?-]|: |:$| #|^\s|\s$/.test(value) && !/^[-?][^\s]/.test(value))
    node.type = Scalar.QUOTE_SINGLE;
}

export function sortFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortFields);
  if (!isRecord(value)) return value;
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return Object.fromEntries(keys.sort().map((key) => [key, sortFields(value[key])]));
}
