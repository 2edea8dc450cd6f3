import { quote } from '../../field-errors.js';
import type { CustomResourceDefinitionSpec } from '../../gen/types.js';
import { schemasIn } from '../../structural/json-schema.js';
import { isKnownFormat } from '../../structural/values/formats.js';
import { definitionOf } from './definition.js';
import { schemasOf } from './definition-rules.js';

/** Formats that mean nothing here are told once: when they come. */
export function warningsOfFormats(
  spec: CustomResourceDefinitionSpec,
  old: CustomResourceDefinitionSpec | undefined,
): string[] {
  const before = new Set(old === undefined ? [] : unknownFormats(old));
  return [...new Set(unknownFormats(spec))]
    .filter((format) => !before.has(format))
    .map((format) => `unrecognized format ${quote(format)}`);
}

function unknownFormats(spec: CustomResourceDefinitionSpec): string[] {
  return schemasOf(definitionOf(spec)).flatMap((schema) =>
    [...schemasIn(schema)].flatMap(({ format = '', type = '' }) =>
      format === '' || isKnownFormat(format, type) ? [] : [format],
    ),
  );
}
