/** Fields in the order of Go's structs, which is that of their messages; entries of maps by name. */
import { isRecord } from './object.js';
import { type Message, messageNameOf, messageOf } from './protobuf/messages.js';
import { resolve, type Schema } from './schema.js';

/** The places of a type's fields, if it is one that has them. */
export function goOrder({ name }: Schema): ReadonlyMap<string, number> | undefined {
  const message = name === undefined ? undefined : messageOf(messageNameOf(name));
  return message && new Map(fieldsOf(message).map((field, index) => [field, index]));
}

function fieldsOf(message: Message): string[] {
  return message.fields.flatMap((field) => {
    const inner = field.inline ? messageOf(field.type) : undefined;
    return inner === undefined ? [field.name] : fieldsOf(inner);
  });
}

/** A value as Go writes it. */
export function inGoOrder(value: unknown, schema: Schema): unknown {
  const node = resolve(schema);
  if (Array.isArray(value)) return value.map((item) => inGoOrder(item, schema.items ?? node.items ?? {}));
  if (!isRecord(value)) return value;
  const order = goOrder(node);
  const place = (field: string) => order?.get(field) ?? -1;
  const fields = Object.keys(value).sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  const below = (field: string) => node.properties?.[field] ?? node.map ?? {};
  return Object.fromEntries(fields.map((field) => [field, inGoOrder(value[field], below(field))]));
}
