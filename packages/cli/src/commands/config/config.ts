import type { Kubeconfig } from '@keelson/client/kubeconfig';
import { defineCommand } from '../../command/command.js';
import { CliError, UsageError } from '../../errors.js';
import { updateKubeconfig } from '../../kubeconfig/load.js';
import { objectText, parseOutput } from '../../print/output.js';
import { tabulate } from '../../print/tabwriter.js';

const view = defineCommand({
  name: 'view',
  summary: 'Show the kubeconfig, keys left out',
  flags: {
    raw: { type: 'boolean', default: false, description: 'With keys and certificates' },
    minify: { type: 'boolean', default: false, description: 'Only what the current context needs' },
    output: { type: 'string', short: 'o', default: 'yaml', description: 'yaml, json or jsonpath', value: 'FORMAT' },
  },
  async run(context, { flags }) {
    const { config } = context.kubeconfig;
    const shown = { apiVersion: 'v1', kind: 'Config', preferences: {}, ...config };
    const whole = flags.minify ? minified(shown, flags.context) : shown;
    const document = flags.raw ? whole : redacted(structuredClone(whole));
    context.io.stdout.write(objectText(parseOutput(flags.output), document, undefined));
  },
});

function minified(config: Kubeconfig, wanted: string | undefined): Kubeconfig {
  const name = wanted || config['current-context'];
  const context = config.contexts?.find((it) => it.name === name);
  if (context === undefined) throw new CliError(`cannot locate context ${name ?? ''}`);
  return {
    ...config,
    'current-context': context.name,
    contexts: [context],
    clusters: (config.clusters ?? []).filter((it) => it.name === context.context.cluster),
    users: (config.users ?? []).filter((it) => it.name === context.context.user),
  };
}

function redacted(config: Kubeconfig): Kubeconfig {
  for (const { cluster } of config.clusters ?? []) {
    if (cluster['certificate-authority-data']) cluster['certificate-authority-data'] = 'DATA+OMITTED';
  }
  for (const { user } of config.users ?? []) {
    for (const field of ['client-certificate-data', 'client-key-data'] as const)
      if (user[field]) user[field] = 'DATA+OMITTED';
    if (user.token) user.token = 'REDACTED';
  }
  return config;
}

const currentContext = defineCommand({
  name: 'current-context',
  summary: 'Show the current context',
  async run(context) {
    const name = context.kubeconfig.config['current-context'];
    if (!name) throw new CliError('current-context is not set');
    context.print(name);
  },
});

const useContext = defineCommand({
  name: 'use-context',
  aliases: ['use'],
  summary: 'Change the current context',
  usage: 'NAME',
  complete: 'contexts',
  async run(context, { positionals }) {
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0) throw new UsageError('exactly one context NAME is required');
    const source = context.kubeconfig;
    if (!source.config.contexts?.some((it) => it.name === name))
      throw new CliError(`no context exists with the name: "${name}"`);
    updateKubeconfig(source, (config) => {
      config['current-context'] = name;
    });
    context.print(`Switched to context "${name}".`);
  },
});

const getContexts = defineCommand({
  name: 'get-contexts',
  summary: 'List the contexts',
  usage: '[NAME …]',
  complete: 'contexts',
  flags: {
    'no-headers': { type: 'boolean', default: false, description: 'Leave the header out' },
    output: { type: 'string', short: 'o', choices: ['name'], description: 'name', value: 'FORMAT' },
  },
  async run(context, { flags, positionals }) {
    const { config } = context.kubeconfig;
    const all = config.contexts ?? [];
    const missing = positionals.find((name) => !all.some((it) => it.name === name));
    if (missing !== undefined) throw new CliError(`context ${missing} not found`);
    const chosen = all.filter((it) => positionals.length === 0 || positionals.includes(it.name));
    if (flags.output === 'name') {
      for (const { name } of chosen) context.print(name);
      return;
    }
    const rows = chosen.map((it) => [
      it.name === config['current-context'] ? '*' : '',
      it.name,
      it.context.cluster,
      it.context.user,
      it.context.namespace ?? '',
    ]);
    const header = ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'];
    context.io.stdout.write(tabulate(flags['no-headers'] ? rows : [header, ...rows]));
  },
});

export const config = defineCommand({
  name: 'config',
  group: 'Settings',
  summary: 'Show and change the kubeconfig',
  subcommands: [view, currentContext, useContext, getContexts],
});
