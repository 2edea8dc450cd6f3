import { fieldErrors, Path, type ScopedResourceSelectorRequirement } from '@keelson/api';
import { type ConfigKind, fields } from '../../config/config-file.js';

/** What may be used only where a quota covers it. */
export interface LimitedResource {
  readonly apiGroup?: string;
  readonly resource?: string;
  readonly matchContains?: readonly string[];
  readonly matchScopes?: readonly ScopedResourceSelectorRequirement[];
}

export interface ResourceQuotaConfiguration {
  readonly limitedResources?: readonly LimitedResource[];
}

const { string, strings, object, list } = fields;

export const resourceQuotaConfiguration: ConfigKind<ResourceQuotaConfiguration> = {
  group: 'apiserver.config.k8s.io',
  versions: ['v1'],
  kind: 'ResourceQuotaConfiguration',
  aliases: ['v1beta1', 'v1alpha1'].map((version) => ({
    apiVersion: `resourcequota.admission.k8s.io/${version}`,
    kind: 'Configuration',
  })),
  schema: object({
    limitedResources: list({
      apiGroup: string,
      resource: string,
      matchContains: strings,
      matchScopes: list({ scopeName: string, operator: string, values: strings }),
    }),
  }),
  validate: ({ limitedResources = [] }) =>
    limitedResources.flatMap(({ resource = '' }, index) =>
      resource === '' ? [fieldErrors.required(new Path('limitedResources').index(index).child('resource'))] : [],
    ),
};
