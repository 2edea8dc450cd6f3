import { readFileSync } from 'node:fs';
import type { KubeObject } from '@keelson/api';
import { defineCommand } from '../../command/command.js';
import { UsageError } from '../../errors.js';
import { objectText, parseOutput } from '../../print/output.js';
import { tabulate } from '../../print/tabwriter.js';

function clientVersion(): string {
  const text = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  return `v${(JSON.parse(text) as { version: string }).version}`;
}

export const version = defineCommand({
  name: 'version',
  group: 'Other',
  summary: 'Show the versions of keelctl and of the server',
  flags: {
    client: { type: 'boolean', default: false, description: 'Of keelctl only: no server is asked' },
    output: { type: 'string', short: 'o', choices: ['json', 'yaml'], description: 'json or yaml', value: 'FORMAT' },
  },
  async run(context, { flags }) {
    const client = {
      gitVersion: clientVersion(),
      platform: `${process.platform}/${process.arch}`,
      nodeVersion: process.version,
    };
    if (flags.output === undefined) context.print(`Client Version: ${client.gitVersion}`);
    const server = flags.client ? undefined : (await context.cluster()).discovered.version;
    if (flags.output === undefined) {
      if (server !== undefined) context.print(`Server Version: ${server['gitVersion']}`);
      return;
    }
    const document = { clientVersion: client, ...(server === undefined ? {} : { serverVersion: server }) };
    context.io.stdout.write(objectText(parseOutput(flags.output), document, undefined));
  },
});

export const clusterInfo = defineCommand({
  name: 'cluster-info',
  group: 'Cluster',
  summary: 'Show where the API server is',
  async run(context) {
    const { target } = await context.cluster();
    const { style } = context;
    if (target.restServer !== '')
      context.print(`${style.good('Kubernetes control plane')} is running at ${style.busy(target.restServer)}`);
    context.print(`${style.good('Its gRPC door')} is at ${style.busy(`grpc://${target.address}`)}`);
  },
});

interface SelfSubjectReview extends KubeObject {
  status?: { userInfo?: { username?: string; groups?: string[]; uid?: string; extra?: Record<string, string[]> } };
}

const whoami = defineCommand({
  name: 'whoami',
  summary: 'Show as whom the server knows you',
  flags: {
    output: { type: 'string', short: 'o', choices: ['json', 'yaml'], description: 'json or yaml', value: 'FORMAT' },
  },
  async run(context, { flags, positionals }) {
    if (positionals.length > 0) throw new UsageError(`unexpected arguments: ${positionals.join(' ')}`);
    const { client, mapper } = await context.cluster();
    const object: SelfSubjectReview = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
      metadata: {},
    };
    const review = await client.create(mapper.find('selfsubjectreviews.authentication.k8s.io'), object);
    if (flags.output !== undefined) context.io.stdout.write(objectText(parseOutput(flags.output), review, mapper));
    else {
      const { username = '', groups = [], uid, extra = {} } = (review as SelfSubjectReview).status?.userInfo ?? {};
      const more = Object.entries(extra).sort(([a], [b]) => (a < b ? -1 : 1));
      const rows = [
        ['Username', username],
        ...(uid ? [['UID', uid]] : []),
        ['Groups', `[${groups.join(' ')}]`],
        ...more.map(([key, values]) => [`Extra: ${key}`, `[${values.join(' ')}]`]),
      ];
      context.io.stdout.write(tabulate([['ATTRIBUTE', 'VALUE'], ...rows]));
    }
  },
});

export const auth = defineCommand({
  name: 'auth',
  group: 'Cluster',
  summary: 'Show who you are',
  subcommands: [whoami],
});
