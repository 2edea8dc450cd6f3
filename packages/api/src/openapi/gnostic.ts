/** A Swagger document as gnostic's OpenAPIv2 protobuf message; numbers are those of its openapiv2 package. */
import { LENGTH, VARINT, WireWriter } from '../protobuf/wire.js';
import type { Json } from './schemas.js';

/** Writes one message; what is undefined is left out. */
class Message {
  readonly #writer = new WireWriter();

  text(field: number, value: unknown): this {
    if (typeof value === 'string' && value !== '') this.#bytes(field, Buffer.from(value));
    return this;
  }

  texts(field: number, values: unknown): this {
    for (const value of Array.isArray(values) ? values : []) this.#bytes(field, Buffer.from(String(value)));
    return this;
  }

  flag(field: number, value: unknown): this {
    if (value !== true) return this;
    this.#writer.tag(field, VARINT);
    this.#writer.varint(1n);
    return this;
  }

  message(field: number, value: Buffer | undefined): this {
    if (value !== undefined) this.#bytes(field, value);
    return this;
  }

  messages(field: number, values: readonly Buffer[]): this {
    for (const value of values) this.#bytes(field, value);
    return this;
  }

  done(): Buffer {
    return this.#writer.finish();
  }

  #bytes(field: number, value: Uint8Array): void {
    this.#writer.tag(field, LENGTH);
    this.#writer.bytes(value);
  }
}

const message = (): Message => new Message();

/** A document of paths and definitions that were encoded before. */
export function encodeDocument(
  { swagger, info }: { readonly swagger: string; readonly info: Json },
  paths: readonly Buffer[],
  definitions: readonly Buffer[],
): Buffer {
  return message()
    .text(1, swagger)
    .message(2, message().text(1, info['title']).text(2, info['version']).done())
    .message(8, Buffer.concat(paths))
    .message(9, Buffer.concat(definitions))
    .done();
}

export function encodePath(name: string, item: Json): Buffer {
  return message()
    .messages(2, named({ [name]: item }, pathItem))
    .done();
}

export function encodeDefinition(name: string, it: Json): Buffer {
  return message()
    .messages(1, named({ [name]: it }, schema))
    .done();
}

/** Pairs of name and value, as all of gnostic's maps are. */
function named(map: Json, encode: (value: Json) => Buffer): Buffer[] {
  return Object.entries(map).map(([name, value]) =>
    message()
      .text(1, name)
      .message(2, encode(value as Json))
      .done(),
  );
}

/** Vendor extensions carry their value as YAML; JSON is YAML. */
function extensions(object: Json): Buffer[] {
  return Object.entries(object)
    .filter(([key]) => key.startsWith('x-'))
    .map(([key, value]) => message().text(1, key).message(2, any(value)).done());
}

function any(value: unknown): Buffer {
  return message().text(2, JSON.stringify(value)).done();
}

function pathItem(item: Json): Buffer {
  const operationOf = (method: string) => (item[method] === undefined ? undefined : operation(item[method] as Json));
  return message()
    .message(2, operationOf('get'))
    .message(3, operationOf('put'))
    .message(4, operationOf('post'))
    .message(5, operationOf('delete'))
    .message(8, operationOf('patch'))
    .messages(9, parameters(item))
    .done();
}

function operation(it: Json): Buffer {
  return message()
    .text(3, it['description'])
    .text(5, it['operationId'])
    .texts(6, it['produces'])
    .texts(7, it['consumes'])
    .messages(8, parameters(it))
    .message(
      9,
      message()
        .messages(1, named(it['responses'] as Json, response))
        .done(),
    )
    .messages(13, extensions(it))
    .done();
}

function parameters(it: Json): Buffer[] {
  return ((it['parameters'] ?? []) as Json[]).map((one) => message().message(1, parameter(one)).done());
}

function parameter(it: Json): Buffer {
  if (it['in'] === 'body') {
    const body = message()
      .text(2, it['name'])
      .text(3, 'body')
      .flag(4, it['required'])
      .message(5, schema(it['schema'] as Json));
    return message().message(1, body.done()).done();
  }
  const isPath = it['in'] === 'path';
  const simple = message()
    .flag(1, it['required'])
    .text(2, it['in'])
    .text(4, it['name'])
    .text(isPath ? 5 : 6, it['type']);
  return message()
    .message(
      2,
      message()
        .message(isPath ? 4 : 3, simple.done())
        .done(),
    )
    .done();
}

function response(it: Json): Buffer {
  const body =
    it['schema'] === undefined
      ? undefined
      : message()
          .message(1, schema(it['schema'] as Json))
          .done();
  return message().message(1, message().text(1, it['description']).message(2, body).done()).done();
}

function schema(it: Json): Buffer {
  const { items, properties, additionalProperties, type } = it;
  const values = additionalProperties === undefined ? undefined : schema(additionalProperties as Json);
  return message()
    .text(1, it['$ref'])
    .text(2, it['format'])
    .text(4, it['description'])
    .message(5, it['default'] === undefined ? undefined : any(it['default']))
    .texts(19, it['required'])
    .messages(20, ((it['enum'] ?? []) as string[]).map(any))
    .message(21, values === undefined ? undefined : message().message(1, values).done())
    .message(22, type === undefined ? undefined : message().texts(1, [type]).done())
    .message(
      23,
      items === undefined
        ? undefined
        : message()
            .message(1, schema(items as Json))
            .done(),
    )
    .message(
      25,
      properties === undefined
        ? undefined
        : message()
            .messages(1, named(properties as Json, schema))
            .done(),
    )
    .messages(31, extensions(it))
    .done();
}
