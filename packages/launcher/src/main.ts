#!/usr/bin/env node
import { resolve } from 'node:path';
import { LOG_LEVELS, systemClock, systemRandom } from '@keelson/service';
import yargs, { type Argv } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { SCENARIOS } from './chaos/scenarios.js';
import { backup } from './commands/backup.js';
import { benchCommands } from './commands/bench.js';
import { certs } from './commands/certs.js';
import { chaos } from './commands/chaos.js';
import { down } from './commands/down.js';
import { health } from './commands/health.js';
import { restore } from './commands/restore.js';
import { status } from './commands/status.js';
import { storeAccessFlags } from './commands/store-access.js';
import { parseDuration, storeChaos } from './commands/store-chaos.js';
import { supervise, up } from './commands/up.js';
import { type ClusterOptions, DEFAULTS, defaultClusterCidr } from './plan/options.js';
import { DRAIN_MS } from './supervisor/supervisor.js';

process.noDeprecation = true; // see Lifecycle.run
const clock = systemClock();
const random = systemRandom();
const DATA_DIR = '.keelson';
const DISABLEABLE = ['scheduler', 'controller-manager', 'metrics-server'];

const dataDir = { type: 'string', default: DATA_DIR, description: 'Where the cluster keeps its state' } as const;

function upFlags(cli: Argv) {
  return cli.options({
    'data-dir': dataDir,
    detach: { type: 'boolean', default: false, alias: 'd', description: 'Return when the cluster is ready' },
    stores: { type: 'number', default: DEFAULTS.stores, description: 'Members of the store' },
    apiservers: { type: 'number', default: DEFAULTS.apiservers, description: 'API servers' },
    nodes: { type: 'number', default: DEFAULTS.nodes, description: 'Nodes, each a kubelet and its runtime' },
    'port-base': { type: 'number', default: DEFAULTS.portBase, description: 'First port; the others follow it' },
    disable: { type: 'string', default: '', description: `Not started: ${DISABLEABLE.join(',')}` },
    'service-cluster-ip-range': {
      type: 'string',
      default: DEFAULTS.serviceClusterIpRange,
      description: 'Addresses of Services',
    },
    'cluster-cidr': {
      type: 'string',
      default: '',
      description: 'Addresses of pods; a part of 127.64.0.0/10 unless given',
    },
    'log-level': { type: 'string', choices: LOG_LEVELS, default: 'info', description: 'Of every process' },
    timeout: { type: 'number', default: 120, description: 'Seconds to wait for readiness' },
  } as const);
}

type UpArguments = Awaited<ReturnType<typeof upFlags>['argv']>;

/** Checks what yargs cannot, and says which flag is wrong. */
function clusterOptions(args: UpArguments): ClusterOptions {
  const whole = (flag: 'stores' | 'apiservers' | 'nodes', min: number, max: number) => {
    const value = args[flag];
    if (!Number.isInteger(value) || value < min || value > max)
      throw new Error(`--${flag} must be a whole number from ${min} to ${max}, not ${value}`);
    return value;
  };
  const disable = args.disable.split(',').filter((it) => it !== '');
  const unknown = disable.find((it) => !DISABLEABLE.includes(it));
  if (unknown !== undefined)
    throw new Error(`--disable: unknown component "${unknown}": one of ${DISABLEABLE.join(', ')}`);
  for (const flag of ['service-cluster-ip-range', 'cluster-cidr'] as const) {
    if (flag === 'cluster-cidr' && args[flag] === '') continue;
    if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(args[flag]))
      throw new Error(`--${flag}: "${args[flag]}" is not an IPv4 range such as 127.96.0.0/16`);
  }
  const portBase = args['port-base'];
  if (!Number.isInteger(portBase) || portBase < 1 || portBase > 65_000)
    throw new Error(`--port-base must be a port from 1 to 65000, not ${portBase}`);
  return {
    dataDir: resolve(args['data-dir']),
    stores: whole('stores', 1, 9),
    apiservers: whole('apiservers', 1, 5),
    nodes: whole('nodes', 0, 50),
    portBase,
    disable,
    serviceClusterIpRange: args['service-cluster-ip-range'],
    clusterCidr: args['cluster-cidr'] || defaultClusterCidr(portBase),
    logLevel: args['log-level'],
  };
}

/** A failure is one line; the command's help is for those who ask for it. */
async function run(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

await yargs(hideBin(process.argv))
  .scriptName('keelson')
  .usage('$0 <command> [flags]')
  .command('up', 'Start a cluster on this machine', upFlags, (args) =>
    run(() =>
      up(clusterOptions(args as UpArguments), args.detach as boolean, args.timeout as number, { clock, random }),
    ),
  )
  .command(
    'down',
    'End all pods within their grace, then the cluster; its data is kept',
    {
      'data-dir': dataDir,
      force: { type: 'boolean', default: false, description: 'Kill pods at once, without their grace and hooks' },
      timeout: {
        type: 'number',
        default: DRAIN_MS / 1000,
        description: 'Seconds that pods may take, whatever their grace; then they are killed',
      },
    },
    (args) =>
      run(() => {
        const { force, timeout } = args;
        if (!Number.isFinite(timeout) || timeout < 0)
          throw new Error(`--timeout must be a number of seconds from 0, not ${timeout}`);
        return down(resolve(args['data-dir']), { force, timeoutSeconds: timeout }, clock);
      }),
  )
  .command(
    'status',
    'Show what runs',
    { 'data-dir': dataDir, output: { alias: 'o', choices: ['table', 'json'] as const, default: 'table' as const } },
    (args) => run(() => status(resolve(args['data-dir']), args.output, clock)),
  )
  .command(
    'chaos <scenario>',
    'Strike the running cluster and report how it recovers',
    (cli) =>
      cli
        .positional('scenario', { choices: [...Object.keys(SCENARIOS), 'store'], demandOption: true })
        .options({
          'data-dir': dataDir,
          timeout: { type: 'number', default: 180, description: 'Seconds that each recovery may take' },
          duration: { type: 'string', default: '10m', description: 'store: how long, as 30s or 10m' },
          clients: { type: 'number', default: 24, description: 'store: clients that read and write' },
          output: { alias: 'o', choices: ['table', 'json'] as const, default: 'table' as const },
        })
        .epilogue(
          Object.entries(SCENARIOS)
            .map(([name, { about }]) => `${name}: ${about}`)
            .concat(
              'store: three members of its own, without a cluster, under every fault; what clients saw is checked',
            )
            .join('\n'),
        ),
    (args) =>
      run(() => {
        const { clients, output } = args;
        if (args.scenario === 'store') {
          const directory = resolve(args['data-dir']);
          const durationMs = parseDuration(args.duration);
          return storeChaos({ directory, durationMs, clients, output }, { clock, random });
        }
        return chaos(
          String(args.scenario),
          { dataDir: resolve(args['data-dir']), timeoutSeconds: args.timeout, output },
          { clock, random },
        );
      }),
  )
  .command('bench', 'Measure a part beside its peer on this machine, as ratios', (cli) =>
    benchCommands(cli, run, { clock, random }),
  )
  .command(
    'backup <file>',
    'Save all data of the store, as etcd’s snapshots do',
    (cli) =>
      cli.positional('file', { type: 'string', demandOption: true }).options({
        ...storeAccessFlags,
        'data-dir': { type: 'string', description: 'Of a member that does not run, instead of asking one that does' },
      }),
    (args) =>
      run(() => backup({ ...args, file: resolve(String(args.file)), dataDir: args['data-dir'] }, { clock, random })),
  )
  .command(
    'restore <file>',
    'Make a member of a new store cluster from a backup, or from a snapshot of etcd',
    (cli) =>
      cli.positional('file', { type: 'string', demandOption: true }).options({
        'data-dir': { type: 'string', demandOption: true, description: 'Where the member will keep its data; empty' },
        name: { type: 'string', default: 'default', description: 'The member’s name' },
        'initial-cluster': { type: 'string', description: 'All members as name=peer-url,…; default this one alone' },
        'initial-cluster-token': { type: 'string', default: 'etcd-cluster', description: 'Tells clusters apart' },
        'initial-advertise-peer-urls': {
          type: 'string',
          default: 'http://127.0.0.1:2380',
          description: 'Where members will find this one',
        },
        'bump-revision': {
          type: 'number',
          default: 0,
          description: 'Add this to the revision: more than clients saw since',
        },
        'mark-compacted': { type: 'boolean', default: false, description: 'Make watches from before begin anew' },
        'skip-hash-check': { type: 'boolean', default: false, description: 'Also take a file without a checksum' },
      }),
    (args) =>
      run(() =>
        restore({
          file: resolve(String(args.file)),
          dataDir: resolve(args['data-dir']),
          name: args.name,
          initialCluster: args['initial-cluster'],
          initialClusterToken: args['initial-cluster-token'],
          initialAdvertisePeerUrls: args['initial-advertise-peer-urls'],
          bumpRevision: args['bump-revision'],
          markCompacted: args['mark-compacted'],
          skipHashCheck: args['skip-hash-check'],
        }),
      ),
  )
  .command(
    'certs',
    'Make a CA and the certificates of a cluster whose processes something else starts',
    {
      out: { type: 'string', demandOption: true, description: 'Directory; what is in it and still good is kept' },
      store: { type: 'array', string: true, default: [], description: 'name=host[,host…], for each store' },
      apiserver: { type: 'array', string: true, default: [], description: 'The same for each API server' },
      node: { type: 'array', string: true, default: [], description: 'The same for each node' },
      server: { type: 'string', default: 'https://127.0.0.1:6443', description: 'REST address for the kubeconfig' },
      'grpc-server': { type: 'string', default: '127.0.0.1:6444', description: 'gRPC address for the kubeconfig' },
    },
    (args) =>
      run(() =>
        certs(
          {
            out: resolve(args.out),
            stores: args.store as string[],
            apiservers: args.apiserver as string[],
            nodes: args.node as string[],
            server: args.server,
            grpcServer: args['grpc-server'],
          },
          { clock, random },
        ),
      ),
  )
  .command(
    'health <url>',
    'Ask one process whether it is well: grpc://host:port or https://host:port/path',
    (cli) =>
      cli.positional('url', { type: 'string', demandOption: true }).options({
        cacert: { type: 'string', default: `${DATA_DIR}/pki/ca.crt`, description: 'CA of its certificate' },
        cert: { type: 'string', description: 'Certificate to show' },
        key: { type: 'string', description: 'Its key' },
        'server-name': { type: 'string', description: 'Name in its certificate, if not that of the address' },
      }),
    (args) => {
      const { cacert, cert, key, 'server-name': serverName } = args;
      return run(() => health(String(args.url), { cacert, cert, key, serverName }, clock));
    },
  )
  .command('supervise', false, { options: { type: 'string', demandOption: true } }, (args) =>
    run(() => supervise(JSON.parse(args.options) as ClusterOptions, { clock, random })),
  )
  .demandCommand(1, "Name a command: see 'keelson --help'")
  .strict()
  .version(false)
  .wrap(110)
  .fail((message, error) => {
    const text = (message ?? error.message)
      .replaceAll('\n', ' ')
      .replace(/^Unknown argument: /, 'unknown command or flag: ');
    process.stderr.write(`error: ${text}\nRun 'keelson --help' for its commands and flags.\n`);
    process.exit(2);
  })
  .parseAsync();
