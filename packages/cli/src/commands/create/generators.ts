import type { Command } from '../../command/command.js';
import { CliError, UsageError } from '../../errors.js';
import { configData, dataFlags } from './config-data.js';
import { defineGenerator } from './generate.js';

const namespace = defineGenerator({
  name: 'namespace',
  aliases: ['ns'],
  summary: 'Create a namespace',
  example: 'namespace shop',
  apiVersion: 'v1',
  kind: 'Namespace',
  build: (name) => ({ metadata: { name } }),
});

const serviceAccount = defineGenerator({
  name: 'serviceaccount',
  aliases: ['sa'],
  summary: 'Create a service account',
  example: 'serviceaccount reader',
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  build: (name) => ({ metadata: { name } }),
});

const configMap = defineGenerator({
  name: 'configmap',
  aliases: ['cm'],
  summary: 'Create a ConfigMap from literals and files',
  example: 'configmap settings --from-literal=colour=blue',
  flags: dataFlags,
  apiVersion: 'v1',
  kind: 'ConfigMap',
  build(name, { flags }, { io }) {
    const entries = [...configData(flags, io.cwd)];
    const isText = (value: Buffer) => Buffer.from(value.toString()).equals(value);
    const texts = entries.filter(([, value]) => isText(value)).map(([key, value]) => [key, value.toString()]);
    const binary = entries.filter(([, value]) => !isText(value)).map(([key, value]) => [key, value.toString('base64')]);
    return {
      metadata: { name },
      ...(texts.length > 0 ? { data: Object.fromEntries(texts) } : {}),
      ...(binary.length > 0 ? { binaryData: Object.fromEntries(binary) } : {}),
    };
  },
});

const genericSecret = defineGenerator({
  name: 'generic',
  summary: 'Create a Secret from literals and files',
  example: 'secret generic login --from-literal=password=sesame',
  flags: { ...dataFlags, type: { type: 'string', default: 'Opaque', description: 'Type of the Secret' } },
  apiVersion: 'v1',
  kind: 'Secret',
  build(name, { flags }, { io }) {
    const entries = [...configData(flags, io.cwd)].map(([key, value]) => [key, value.toString('base64')]);
    return {
      metadata: { name },
      ...(flags.type === 'Opaque' ? {} : { type: flags.type }),
      ...(entries.length > 0 ? { data: Object.fromEntries(entries) } : {}),
    };
  },
});

const secret: Command = {
  name: 'secret',
  group: 'Other',
  summary: 'Create a Secret',
  flags: {},
  subcommands: [genericSecret],
};

const deployment = defineGenerator({
  name: 'deployment',
  aliases: ['deploy', 'dep'],
  summary: 'Create a Deployment',
  usage: 'NAME --image=IMAGE [-- COMMAND…]',
  example: 'deployment web --image=node --replicas=2 -- node server.js',
  flags: {
    image: { type: 'list', description: 'Image of each container' },
    replicas: { type: 'integer', default: 1, description: 'How many pods' },
    port: { type: 'integer', description: 'Port of the container' },
  },
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  build(name, { flags, rest }) {
    if (flags.image.length === 0) throw new UsageError('required flag(s) "image" not set: --image=IMAGE');
    if (flags.image.length > 1 && rest !== undefined)
      throw new UsageError('cannot specify multiple --image options and command');
    if (flags.replicas < 0) throw new UsageError(`--replicas must not be negative, got ${flags.replicas}`);
    const labels = { app: name };
    const containers = flags.image.map((image) => ({
      image,
      name: containerName(image),
      ...(rest === undefined ? {} : { command: rest }),
      ...(flags.port === undefined ? {} : { ports: [{ containerPort: flags.port }] }),
      resources: {},
    }));
    return {
      metadata: { name, labels },
      spec: {
        replicas: flags.replicas,
        selector: { matchLabels: labels },
        strategy: {},
        template: { metadata: { labels }, spec: { containers } },
      },
      status: {},
    };
  },
});

/** The last part of an image's name, without tag and digest. */
export function containerName(image: string): string {
  const name = (image.split('/').at(-1) ?? '')
    .replace(/[@:].*$/, '')
    .replace(/[^a-z0-9-]/gi, '-')
    .toLowerCase();
  if (name === '') throw new CliError(`--image: "${image}" names no image`);
  return name;
}

const job = defineGenerator({
  name: 'job',
  summary: 'Create a Job, or run a CronJob now',
  usage: 'NAME (--image=IMAGE [-- COMMAND…] | --from=cronjob/NAME)',
  example: 'job once --image=node -- node -e "console.log(1)"',
  flags: {
    image: { type: 'string', description: 'Image of the container' },
    from: { type: 'string', description: 'The CronJob to run', value: 'cronjob/NAME' },
  },
  apiVersion: 'batch/v1',
  kind: 'Job',
  async build(name, { flags, rest }, context) {
    if ((flags.image === undefined) === (flags.from === undefined))
      throw new UsageError('either --image or --from must be specified');
    if (flags.from !== undefined) {
      const [type, source] = flags.from.split('/');
      if (!/^(cronjobs?|cj)(\.batch)?$/.test(type ?? '') || !source)
        throw new UsageError(`--from: "${flags.from}" is not of the form cronjob/NAME`);
      const { client, mapper } = await context.cluster();
      const cronJob = await client.get(mapper.find('cronjobs.batch'), { namespace: context.namespace(), name: source });
      const { spec } = cronJob as unknown as { spec: { jobTemplate: { metadata?: object; spec: object } } };
      const owner = {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        name: source,
        uid: cronJob.metadata.uid,
        controller: true,
      };
      const annotations = { 'cronjob.kubernetes.io/instantiate': 'manual' };
      return {
        metadata: { ...spec.jobTemplate.metadata, name, annotations, ownerReferences: [owner] },
        spec: spec.jobTemplate.spec,
      };
    }
    const container = { name, image: flags.image, ...(rest === undefined ? {} : { command: rest }), resources: {} };
    return {
      metadata: { name },
      spec: { template: { metadata: {}, spec: { containers: [container], restartPolicy: 'Never' } } },
      status: {},
    };
  },
});

function servicePorts(tcp: readonly string[]): object[] {
  if (tcp.length === 0) throw new UsageError('at least one tcp port must be specified: --tcp=PORT[:TARGET]');
  return tcp.map((text) => {
    const match = /^(\d+)(?::([\w-]+))?$/.exec(text);
    if (match === null) throw new UsageError(`--tcp: "${text}" is not of the form PORT[:TARGET]`);
    const port = Number(match[1]);
    const target = match[2] ?? match[1] ?? '';
    return {
      name: text.replace(':', '-'),
      port,
      protocol: 'TCP',
      targetPort: /^\d+$/.test(target) ? Number(target) : target,
    };
  });
}

function serviceGenerator(name: string, type: string): Command {
  return defineGenerator({
    name,
    summary: `Create a Service of type ${type}`,
    usage: 'NAME --tcp=PORT[:TARGET]',
    example: `service ${name} web --tcp=80:8080`,
    flags: {
      tcp: { type: 'list', description: 'Port of the Service and of its pods', value: 'PORT[:TARGET]' },
      clusterip: { type: 'string', description: 'Address, or None' },
    },
    apiVersion: 'v1',
    kind: 'Service',
    build: (service, { flags }) => ({
      metadata: { name: service, labels: { app: service } },
      spec: {
        ports: servicePorts(flags.tcp),
        selector: { app: service },
        type,
        ...(flags.clusterip === undefined ? {} : { clusterIP: flags.clusterip }),
      },
      status: { loadBalancer: {} },
    }),
  });
}

const service: Command = {
  name: 'service',
  aliases: ['svc'],
  group: 'Other',
  summary: 'Create a Service',
  flags: {},
  subcommands: [
    serviceGenerator('clusterip', 'ClusterIP'),
    serviceGenerator('nodeport', 'NodePort'),
    serviceGenerator('loadbalancer', 'LoadBalancer'),
  ],
};

/** What `keelctl create` can make without a file. */
export const generators: readonly Command[] = [namespace, configMap, secret, deployment, job, serviceAccount, service];
