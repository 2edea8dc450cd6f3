import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import type { Clock, Random } from '@keelson/service';
import picocolors from 'picocolors';
import type { Argv } from 'yargs';
import { benchApiServer } from '../bench/apiserver/run.js';
import { benchControllers } from '../bench/controllers/run.js';
import { type BenchReport, reportTable } from '../bench/report.js';
import { BENCH_CLIENTS } from '../bench/store/raw-caller.js';
import { benchStore } from '../bench/store/run.js';

const count = (byDefault: number, description: string) =>
  ({ type: 'number', default: byDefault, description }) as const;

const COMMON = {
  seconds: count(3, 'For each load'),
  rounds: count(3, 'Of each load; the median counts'),
  only: { type: 'string', default: '', description: 'Only what matches this regular expression' },
  directory: { type: 'string', default: tmpdir(), description: 'Where the data goes meanwhile' },
  output: { alias: 'o', choices: ['table', 'json'] as const, default: 'table' as const, description: 'Its form' },
} as const;

const STORE = {
  ...COMMON,
  keys: count(10_000, 'Keys that loads read and write'),
  valueBytes: count(256, 'Size of a value'),
  weighKeys: count(1_000_000, 'Keys for memory and restart'),
  failOvers: count(9, 'Times the leader is killed'),
  client: { choices: BENCH_CLIENTS, default: 'lean' as const, description: 'What drives the servers' },
} as const;

const APISERVER = {
  ...COMMON,
  clients: count(32, 'That each have one request under way'),
  objects: count(5_000, 'ConfigMaps, and pods, that loads read and write'),
  watchers: count(1_000, 'That are told of each write'),
  apiservers: count(1, 'That share the load; up to 5'),
  stores: { type: 'number', description: 'Members of the store, up to 9; 3 by default, and 1 beside a peer' },
  threads: count(2, 'That the load comes from'),
  weighPods: count(10_000, 'Pods whose memory is weighed'),
  weighConfigMaps: count(100_000, 'ConfigMaps whose memory is weighed'),
  weighDefinitions: count(500, 'Custom resource definitions whose memory is weighed'),
  peer: { type: 'string', default: '', description: 'A kube-apiserver’s program to compare with; needs etcd' },
} as const;

const CONTROLLERS = {
  deployments: count(100, 'Deployments'),
  pods: count(10_000, 'Of all Deployments together'),
  stores: count(1, 'Members of the store, up to 9'),
  directory: COMMON.directory,
  output: COMMON.output,
} as const;

/** `keelson bench store`, `keelson bench apiserver` and `keelson bench controllers` */
export function benchCommands(
  cli: Argv,
  run: (work: () => Promise<void>) => Promise<void>,
  dependencies: { clock: Clock; random: Random },
): Argv {
  return cli
    .command('store', 'The store beside etcd, where that is installed', flagsOf(STORE), (args) =>
      run(async () => {
        requirePositive(args, STORE);
        const options = { ...args, ...common(args) };
        write(await benchStore(options, dependencies.clock), args.output);
      }),
    )
    .command('apiserver', 'The API server, beside a kube-apiserver if one is given', flagsOf(APISERVER), (args) =>
      run(async () => {
        requirePositive(args, APISERVER);
        requireStores(args.stores);
        const options = {
          ...args,
          ...common(args),
          stores: args.stores,
          peer: args.peer === '' ? undefined : args.peer,
        };
        write(await benchApiServer(options, dependencies), args.output);
      }),
    )
    .command('controllers', 'The controllers, at Deployments of many pods', flagsOf(CONTROLLERS), (args) =>
      run(async () => {
        requirePositive(args, CONTROLLERS);
        requireStores(args.stores);
        const directory = resolve(args.directory);
        write(await benchControllers({ ...args, directory, say }, dependencies), args.output);
      }),
    )
    .demandCommand(1, 'Say which part: store, apiserver or controllers');
}

/** The flags as they are typed: in kebab case. yargs gives their values by either name. */
function flagsOf<Flags extends object>(flags: Flags): Flags {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [dashed(name), flag])) as Flags;
}

const dashed = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function requirePositive(args: Readonly<Record<string, unknown>>, flags: object): void {
  for (const [name, flag] of Object.entries(flags)) {
    const value = args[name];
    if (flag.type !== 'number' || (value === undefined && flag.default === undefined)) continue;
    if (Number.isFinite(value) && Number(value) > 0) continue;
    throw new Error(`--${dashed(name)} must be a number above 0, not ${value}`);
  }
}

function requireStores(stores: number | undefined): void {
  if (stores === undefined || (Number.isInteger(stores) && stores <= 9)) return;
  throw new Error(`--stores must be a whole number from 1 to 9, not ${stores}`);
}

const say = (line: string) => void process.stderr.write(`${line}\n`);

function common({ only, directory }: { only: string; directory: string }) {
  return { only: pattern(only), directory: resolve(directory), say };
}

function pattern(only: string): RegExp | undefined {
  if (only === '') return undefined;
  try {
    return new RegExp(only);
  } catch (error) {
    throw new Error(`--only: ${(error as Error).message}`, { cause: error });
  }
}

function write(report: BenchReport, output: 'table' | 'json'): void {
  const colors = picocolors.createColors(process.stdout.isTTY === true);
  process.stdout.write(`${output === 'json' ? JSON.stringify(report, null, 2) : reportTable(report, colors)}\n`);
}
