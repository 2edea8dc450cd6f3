/** A definition in the form in which upstream checks it: what all versions share stands once, above them. */
import type {
  ApiextensionsV1WebhookClientConfig,
  CustomResourceColumnDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  CustomResourceValidation,
  SelectableField,
} from '../../gen/types.js';
import { deepEqual } from '../../object.js';

/** What a version may have for itself, and a definition for all of them. */
interface Shared {
  readonly schema?: CustomResourceValidation | undefined;
  readonly subresources?: CustomResourceSubresources | undefined;
  readonly additionalPrinterColumns?: readonly CustomResourceColumnDefinition[] | undefined;
  readonly selectableFields?: readonly SelectableField[] | undefined;
}

const SHARED = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const;

export interface Conversion {
  readonly strategy: string;
  readonly client?: ApiextensionsV1WebhookClientConfig | undefined;
  readonly reviewVersions: readonly string[];
}

export interface Definition {
  readonly group: string;
  /** Name of the first version. */
  readonly version: string;
  readonly names: CustomResourceDefinitionNames;
  readonly scope: string;
  readonly shared: Shared;
  readonly versions: readonly CustomResourceDefinitionVersion[];
  readonly conversion: Conversion | undefined;
  readonly preserveUnknownFields: boolean;
}

export function definitionOf(spec: CustomResourceDefinitionSpec): Definition {
  const { group = '', names = {}, scope = '', conversion, preserveUnknownFields = false } = spec;
  const versions = spec.versions ?? [];
  const [first] = versions;
  const fields = SHARED.filter((field) => versions.every((version) => deepEqual(version[field], first?.[field])));
  return {
    group,
    names,
    scope,
    version: first?.name ?? '',
    shared: Object.fromEntries(fields.map((field) => [field, first?.[field]])),
    versions: versions.map((version) => {
      const own = { ...version };
      for (const field of fields) delete own[field];
      return own;
    }),
    conversion: conversion && {
      strategy: conversion.strategy ?? '',
      client: conversion.webhook?.clientConfig,
      reviewVersions: conversion.webhook?.conversionReviewVersions ?? [],
    },
    preserveUnknownFields,
  };
}
