/** How much of what an object about devices may have. */
export const RESOURCE_GROUP = 'resource.k8s.io';

export const REQUESTS_MAX = 32;
export const CONSTRAINTS_MAX = 32;
export const CONFIGS_MAX = 32;
export const SELECTORS_MAX = 32;
export const ALTERNATIVES_MAX = 8;
export const RESULTS_MAX = 32;
export const CONSUMERS_MAX = 256;
export const CONDITIONS_MAX = 8;
export const PARAMETER_BYTES_MAX = 10 * 1024;
export const EXPRESSION_BYTES_MAX = 10 * 1024;
export const BINDING_CONDITIONS_MAX = 4;
export const DEVICES_MAX = 128;
/** Where devices have taints or share counters. */
export const DEVICES_ADVANCED_MAX = 64;
export const COUNTER_SETS_MAX = 8;
export const COUNTERS_MAX = 32;
export const CONSUMPTIONS_MAX = 2;
export const FACTS_MAX = 32;
export const VALUE_BYTES_MAX = 64;
export const TAINTS_MAX = 16;
export const VALID_VALUES_MAX = 10;
