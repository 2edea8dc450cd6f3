/** Fields that upstream's Go types have from structs embedded in them: JSON does not show it, messages do. */
import { type Message, messageNameOf, messageOf } from './protobuf/messages.js';
import type { Schema } from './schema.js';

type Paths = ReadonlyMap<string, string>;

/** The path of Go names to each embedded field of a type; undefined where it has none. */
export function embeddedFields({ name }: Schema): Paths | undefined {
  if (name === undefined) return undefined;
  let known = paths.get(name);
  if (known === undefined) {
    const found = new Map<string, string>();
    const message = messageOf(messageNameOf(name));
    if (message !== undefined) collect(message, '', found, true);
    known = { found: found.size === 0 ? undefined : found };
    paths.set(name, known);
  }
  return known.found;
}

const paths = new Map<string, { readonly found: Paths | undefined }>();

function collect(message: Message, prefix: string, into: Map<string, string>, isOuter: boolean): void {
  for (const field of message.fields) {
    const inner = field.inline ? messageOf(field.type) : undefined;
    if (inner !== undefined) collect(inner, `${prefix}${field.type.split('.').at(-1)}.`, into, false);
    else if (!isOuter) into.set(field.name, prefix + field.name);
  }
}
