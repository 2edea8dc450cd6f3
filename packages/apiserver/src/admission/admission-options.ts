import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fieldErrors, Path } from '@keelson/api';
import { type Flags, list } from '@keelson/service';
import { ConfigError, type ConfigKind, fields, parseYaml, readConfig, readConfigValue } from '../config/config-file.js';
import type { admissionFlags } from './admission-flags.js';
import { type EventRateLimitConfiguration, eventRateLimitConfiguration } from './event-rate-limit.js';
import { type ImagePolicy, imagePolicy } from './image-policy/configuration.js';
import type { TolerationSeconds } from './node-taints.js';
import { choiceProblem, enabledPlugins, PLUGINS } from './plugin-names.js';
import { nodeLabels, type PodNodeSelectorConfiguration } from './pod-node-selector.js';
import { type PodSecurityConfiguration, podSecurityConfiguration } from './pod-security/configuration.js';
import { type PodTolerationConfiguration, podTolerationConfiguration } from './pod-toleration-restriction.js';
import { type ResourceQuotaConfiguration, resourceQuotaConfiguration } from './resource-quota/configuration.js';
import { type CredentialsFor, webhookAdmissionConfiguration, webhookCredentials } from './webhooks/credentials.js';

type AdmissionFlags = Flags<typeof admissionFlags>;

/** Which plugins are asked, and what they are told. */
export interface AdmissionOptions {
  readonly enabled: ReadonlySet<string>;
  readonly tolerationSeconds: TolerationSeconds;
  readonly podSecurity?: PodSecurityConfiguration | undefined;
  readonly resourceQuota?: ResourceQuotaConfiguration | undefined;
  readonly eventRateLimit?: EventRateLimitConfiguration | undefined;
  readonly podNodeSelector?: PodNodeSelectorConfiguration | undefined;
  readonly podTolerations?: PodTolerationConfiguration | undefined;
  readonly imagePolicy?: ImagePolicy | undefined;
  /** What is shown to webhooks that change, and to those that refuse. */
  readonly mutatingWebhooks?: CredentialsFor | undefined;
  readonly validatingWebhooks?: CredentialsFor | undefined;
}

/** What is asked where no flag says anything. */
export const DEFAULT_ADMISSION: AdmissionOptions = {
  enabled: enabledPlugins([], []),
  tolerationSeconds: { notReady: 300, unreachable: 300 },
};

interface PluginConfiguration {
  readonly name?: string;
  readonly path?: string;
  readonly configuration?: unknown;
}

const { string, list: listOf, object } = fields;
const NAMES = PLUGINS.map(({ name }) => name);

const admissionConfiguration: ConfigKind<{ readonly plugins?: readonly PluginConfiguration[] }> = {
  group: 'apiserver.config.k8s.io',
  versions: ['v1'],
  kind: 'AdmissionConfiguration',
  aliases: [{ apiVersion: 'apiserver.k8s.io/v1alpha1', kind: 'AdmissionConfiguration' }],
  schema: object({ plugins: listOf({ name: string, path: string, configuration: {} }) }),
  validate({ plugins = [] }) {
    const root = new Path('plugins');
    const seen = new Set<string>();
    return plugins.flatMap(({ name = '' }, index) => {
      const at = root.index(index).child('name');
      if (!NAMES.includes(name)) return [fieldErrors.notSupported(at, name, NAMES)];
      if (seen.has(name)) return [fieldErrors.duplicate(at, name)];
      seen.add(name);
      return [];
    });
  },
};

/** What is wrong with the flags, in one line that names one of them. */
export function admissionProblem(flags: AdmissionFlags): string | undefined {
  const time = (['not-ready', 'unreachable'] as const)
    .map((which) => `default-${which}-toleration-seconds` as const)
    .find((flag) => !Number.isSafeInteger(flags[flag]));
  if (time !== undefined) return `--${time}: ${flags[time]} is not a whole number of seconds`;
  return choiceProblem(list(flags['enable-admission-plugins']), list(flags['disable-admission-plugins']));
}

/** Reads the files that the flags name. Throws an error that names the flag and the file. */
export function admissionOptions(flags: AdmissionFlags): AdmissionOptions {
  const enabled = enabledPlugins(list(flags['enable-admission-plugins']), list(flags['disable-admission-plugins']));
  const tolerationSeconds = {
    notReady: flags['default-not-ready-toleration-seconds'],
    unreachable: flags['default-unreachable-toleration-seconds'],
  };
  const file = flags['admission-control-config-file'];
  const common = { enabled, tolerationSeconds };
  if (file === undefined) return withRequired(common);
  try {
    return withRequired({ ...common, ...configurations(file) });
  } catch (error) {
    throw new ConfigError(`--admission-control-config-file: ${(error as Error).message}`, { cause: error });
  }
}

function withRequired(options: AdmissionOptions): AdmissionOptions {
  if (options.enabled.has('EventRateLimit') && options.eventRateLimit === undefined)
    throw new ConfigError('--admission-control-config-file: plugin EventRateLimit needs a configuration with limits');
  if (options.enabled.has('ImagePolicyWebhook') && options.imagePolicy === undefined)
    throw new ConfigError('--admission-control-config-file: plugin ImagePolicyWebhook needs an imagePolicy');
  return options;
}

function configurations(file: string): Partial<AdmissionOptions> {
  const { plugins = [] } = readConfig(readFileSync(file, 'utf8'), file, admissionConfiguration);
  const of = (name: string): { value: unknown; source: string } | undefined => {
    const plugin = plugins.find((it) => it.name === name);
    if (plugin === undefined) return undefined;
    const { path, configuration } = plugin;
    if (configuration != null) return { value: configuration, source: `${file}: configuration of ${name}` };
    if (path === undefined) return undefined;
    const source = resolve(dirname(file), path);
    return { value: parseYaml(readFileSync(source, 'utf8'), source), source };
  };
  const read = <T>(name: string, kind: ConfigKind<T>): T | undefined => {
    const found = of(name);
    return found && readConfigValue(found.value, found.source, kind);
  };
  const credentials = (name: string): CredentialsFor | undefined => {
    const { kubeConfigFile } = read(name, webhookAdmissionConfiguration) ?? {};
    return kubeConfigFile === undefined ? undefined : webhookCredentials(kubeConfigFile);
  };
  const selectors = of('PodNodeSelector');
  const images = of('ImagePolicyWebhook');
  return {
    podSecurity: read('PodSecurity', podSecurityConfiguration),
    resourceQuota: read('ResourceQuota', resourceQuotaConfiguration),
    eventRateLimit: read('EventRateLimit', eventRateLimitConfiguration),
    podTolerations: read('PodTolerationRestriction', podTolerationConfiguration),
    mutatingWebhooks: credentials('MutatingAdmissionWebhook'),
    validatingWebhooks: credentials('ValidatingAdmissionWebhook'),
    imagePolicy: images && imagePolicy(images.value, images.source),
    podNodeSelector: selectors && nodeSelectors(selectors.value, selectors.source),
  };
}

/** A file without kind and version: it is older than those. */
function nodeSelectors(value: unknown, source: string): PodNodeSelectorConfiguration {
  const field = 'podNodeSelectorPluginConfig';
  const found = (value as Record<string, unknown> | null)?.[field];
  if (typeof found !== 'object' || found === null || Object.values(found).some((it) => typeof it !== 'string'))
    throw new ConfigError(`${source}: ${field} must give a node selector for each namespace, as text`);
  for (const [namespace, text] of Object.entries(found as Record<string, string>)) {
    try {
      nodeLabels(text);
    } catch (error) {
      const why = (error as Error).message;
      throw new ConfigError(`${source}: ${field}.${namespace}: ${why}`, { cause: error });
    }
  }
  return found as Record<string, string>;
}
