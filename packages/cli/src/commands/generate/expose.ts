import type { KubeObject, LabelSelector, Service } from '@keelson/api';
import { defineCommand } from '../../command/command.js';
import { writeFlags } from '../../command/write-flags.js';
import { CliError, UsageError } from '../../errors.js';
import { dryRunOption, printResult } from '../../print/result.js';
import { findObjects, selectionFlags } from '../../resources/found.js';
import { podSpecOf } from '../set/set.js';

export const expose = defineCommand({
  name: 'expose',
  group: 'Basic',
  summary: 'Make a Service in front of a workload',
  usage: '(-f FILE | TYPE NAME | TYPE/NAME) [--port=PORT]',
  complete: 'resources',
  examples: ['expose deploy/web --port=80 --target-port=8080'],
  flags: {
    ...writeFlags,
    filename: selectionFlags.filename,
    name: { type: 'string', description: 'Name of the Service' },
    port: { type: 'integer', description: 'Port of the Service' },
    'target-port': { type: 'string', description: 'Port of the pods, by number or name' },
    protocol: { type: 'string', default: 'TCP', choices: ['TCP', 'UDP', 'SCTP'], description: 'Protocol' },
    type: {
      type: 'string',
      choices: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'],
      description: 'Type of the Service',
    },
    selector: { type: 'string', description: 'Labels of the pods, as KEY=VALUE,…' },
  },
  async run(context, { flags, positionals }) {
    const cluster = await context.cluster();
    for (const { resource, namespace, name, object } of await findObjects(context, cluster, {
      words: positionals,
      filename: flags.filename,
    })) {
      const selector = flags.selector === undefined ? selectorOf(object) : labelsFrom(flags.selector);
      if (selector === undefined)
        throw new CliError(
          `couldn't retrieve selectors via --selector flag or introspection: cannot expose a ${resource.kind}`,
        );
      const ports = portsOf(object, flags.port, flags['target-port'], flags.protocol);
      const serviceName = flags.name ?? name;
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {
          name: serviceName,
          namespace,
          ...(object.metadata.labels === undefined ? {} : { labels: object.metadata.labels }),
        },
        spec: { ports, selector, ...(flags.type === undefined ? {} : { type: flags.type }) },
        status: { loadBalancer: {} },
      } as unknown as Service;
      const services = cluster.mapper.find('services');
      const settings = { fieldManager: 'kubectl-expose', ...dryRunOption(flags['dry-run']) };
      const made =
        flags['dry-run'] === 'client'
          ? service
          : await cluster.client.create(services, service as KubeObject, settings);
      printResult(context, cluster, flags, { resource: services, object: made, operation: 'exposed' });
    }
  },
});

function selectorOf(object: KubeObject): Record<string, string> | undefined {
  const { selector } =
    (object as unknown as { spec?: { selector?: LabelSelector & Record<string, string> } }).spec ?? {};
  if (object.kind === 'Pod') return object.metadata.labels;
  if (object.kind === 'Service') return selector;
  if (selector?.matchExpressions !== undefined && (selector.matchExpressions as unknown as unknown[]).length > 0) {
    throw new CliError('cannot expose a workload whose selector has expressions: give --selector');
  }
  return selector?.matchLabels as Record<string, string> | undefined;
}

function labelsFrom(text: string): Record<string, string> {
  const pairs = text.split(',').map((part) => part.split('='));
  if (pairs.some(([key, value]) => !key || value === undefined))
    throw new UsageError(`--selector: "${text}" is not of the form KEY=VALUE,…`);
  return Object.fromEntries(pairs) as Record<string, string>;
}

function portsOf(object: KubeObject, port: number | undefined, target: string | undefined, protocol: string): object[] {
  const targetOf = (own: number) => (target === undefined ? own : /^\d+$/.test(target) ? Number(target) : target);
  if (port !== undefined) return [{ port, protocol, targetPort: targetOf(port) }];
  const found = podSpecOf(object)?.containers.flatMap((it) => it.ports ?? []) ?? [];
  if (found.length === 0) throw new CliError("couldn't find port via --port flag or introspection");
  return found.map((it, at) => ({
    ...(found.length > 1 ? { name: `port-${at + 1}` } : {}),
    port: it.containerPort,
    protocol: it.protocol ?? protocol,
    targetPort: targetOf(it.containerPort ?? 0),
  }));
}
