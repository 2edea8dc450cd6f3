import { ApiError, apiErrors, hasProtobuf, PROTOBUF_MEDIA_TYPE } from '@keelson/api';
import { type Encoder, jsonEncoder, metadataEncoder, protobufEncoder, tableEncoder, yamlEncoder } from './encoder.js';

/** One media type of an Accept header. */
export interface AcceptClause {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const ENCODERS: Readonly<Record<string, Encoder>> = {
  'application/json': jsonEncoder,
  'application/yaml': yamlEncoder,
  'application/vnd.kubernetes.protobuf': protobufEncoder,
};
const WILDCARDS = new Set(['*/*', 'application/*', '']);

/** The clauses of an Accept header in the order of their quality, then their place. */
export function parseAccept(header: string): AcceptClause[] {
  return header
    .split(',')
    .map((text) => {
      const [type = '', ...rest] = text.split(';').map((part) => part.trim());
      const parameters = Object.fromEntries(rest.map((part) => part.split('=', 2) as [string, string]));
      return { type: type.toLowerCase(), parameters };
    })
    .sort((a, b) => quality(b) - quality(a));
}

function quality({ parameters }: AcceptClause): number {
  const value = Number(parameters['q'] ?? 1);
  return Number.isNaN(value) ? 1 : value;
}

export interface Negotiation {
  readonly accept: string;
  /** What rows are to have of their objects, as it was asked. */
  readonly includeObject: string;
  readonly now: () => Date;
  /** What is asked for: one object, a list or a watch; metadata of an object is no metadata of a list. */
  readonly shape: 'object' | 'list' | 'watch';
  /** Of the kind asked for: names the Go type in refusals. */
  readonly goType: string;
  /** Answers to requests that only make something happen are never Tables. */
  readonly hasTable?: boolean;
}

/** The first thing of the Accept header that can be given. Throws 406. */
export function negotiate(wanted: Negotiation): Encoder {
  let isKnown = false;
  for (const { type, parameters } of parseAccept(wanted.accept)) {
    const encoder = WILDCARDS.has(type) ? jsonEncoder : ENCODERS[type];
    if (encoder === undefined) continue;
    isKnown = true;
    const { as, g, v } = parameters;
    if (as === undefined) return encoder;
    if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) continue;
    const transformed = transform(as, wanted, encoder, v);
    if (transformed !== undefined) return transformed;
  }
  throw isKnown ? apiErrors.notAcceptable(Object.keys(ENCODERS)) : notAcceptable(wanted);
}

/** The encoder of an answer that is no object of the registry. Throws 406. */
export function negotiatePlain(accept: string): Encoder {
  for (const { type, parameters } of parseAccept(accept)) {
    const encoder = WILDCARDS.has(type) ? jsonEncoder : ENCODERS[type];
    if (encoder !== undefined && parameters['as'] === undefined) return encoder;
  }
  throw apiErrors.notAcceptable(Object.keys(ENCODERS));
}

/** The encoder of errors about what is no object: what is asked for, as far as it is known. */
export function negotiateError(accept: string): Encoder {
  for (const { type } of parseAccept(accept)) {
    const encoder = WILDCARDS.has(type) ? jsonEncoder : ENCODERS[type];
    if (encoder !== undefined) return encoder;
  }
  return jsonEncoder;
}

/** The encoder of the aggregated form of discovery, with its content type; undefined where something else is asked for. */
export function negotiateAggregated(accept: string): { encoder: Encoder; contentType: string } | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    const encoder = ENCODERS[type];
    const { g, v, as } = parameters;
    if (encoder === undefined && !WILDCARDS.has(type)) continue;
    if (as === undefined) return undefined;
    if (encoder === undefined || g !== 'apidiscovery.k8s.io' || v !== 'v2' || as !== 'APIGroupDiscoveryList') continue;
    return { encoder, contentType: `${encoder.contentType};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList` };
  }
  return undefined;
}

/** Reads have the shorter text of content negotiation, in which watches have forms of their own. */
function notAcceptable({ shape }: Negotiation): ApiError {
  const streams = shape === 'object' ? [] : ['application/json;stream=watch', `${PROTOBUF_MEDIA_TYPE};stream=watch`];
  const all = [...Object.keys(ENCODERS), ...streams].join(', ');
  const message = `406: Not Acceptable\n\nAvailable representations: ${all}`;
  return new ApiError({ code: 406, reason: 'NotAcceptable', message, details: {} });
}

function transform(as: string, wanted: Negotiation, encoder: Encoder, version: string): Encoder | undefined {
  const refuse = (what: string) =>
    new ApiError({
      code: 406,
      reason: 'NotAcceptable',
      message: `you requested ${as}, but the requested object is ${what}`,
    });
  if (as === 'Table') {
    if (encoder !== jsonEncoder || wanted.hasTable === false) return undefined;
    return tableEncoder({ includeObject: wanted.includeObject, now: wanted.now });
  }
  if (encoder === yamlEncoder || (encoder === protobufEncoder && !hasProtobuf('meta.k8s.io', version, as)))
    return undefined;
  const apiVersion = `meta.k8s.io/${version}`;
  if (as === 'PartialObjectMetadata') {
    if (wanted.shape === 'list') throw refuse(`a list (*${wanted.goType}List)`);
    return metadataEncoder(encoder, apiVersion);
  }
  if (as === 'PartialObjectMetadataList') {
    if (wanted.shape === 'object') throw refuse(`not a list (*${wanted.goType})`);
    return metadataEncoder(encoder, apiVersion);
  }
  return undefined;
}
