#!/usr/bin/env node
import {
  commonFlags,
  createLogger,
  type FlagTable,
  Lifecycle,
  list,
  parseFlags,
  systemClock,
  systemRandom,
} from '@keelson/service';
import { Runtime } from './runtime.js';
import { Curve } from './simulated/curve.js';

const table = {
  listen: {
    type: 'string',
    default: 'unix:///run/keelson/runtime.sock',
    description: 'Where to serve CRI: unix:///path or host:port, comma-separated. TCP is neither encrypted nor checked',
  },
  'root-dir': { type: 'string', default: '/var/lib/keelson/runtime', description: 'Where containers are kept' },
  'pod-cidr': {
    type: 'string',
    default: '127.10.1.0/24',
    description: 'Loopback addresses for pods, as 127.10.1.0/24',
  },
  simulate: { type: 'boolean', default: false, description: 'Run nothing and report as if it ran' },
  'simulated-cpu': {
    type: 'string',
    default: '1m',
    description:
      'With --simulate: what a container uses whose pod does not say; 250m, or 0s=100m,1m=800m,2m=100m,repeat',
  },
  'simulated-memory': { type: 'string', default: '8Mi', description: 'The same for memory' },
  'image-catalogue': { type: 'string', description: 'JSON file of images and the host programs that stand for them' },
  'cgroup-root': {
    type: 'string',
    default: 'auto',
    description:
      'Where containers get control groups (v2, or v1 freezer), which end them whole: a directory, auto, none',
  },
  'stream-address': { type: 'string', default: '127.0.0.1', description: 'Address for exec, attach and port-forward' },
  'stream-port': {
    type: 'number',
    default: 0,
    description: 'Port for exec, attach and port-forward; 0 takes a free one',
  },
  'max-sandboxes': { type: 'number', default: 10_000, description: 'Sandboxes beyond this number are refused' },
  'remove-all': {
    type: 'boolean',
    default: false,
    description: 'End every container below --root-dir, whose runtime must have stopped, and exit',
  },
  name: { type: 'string', description: 'Name of the node, for the log' },
  ...commonFlags,
} as const satisfies FlagTable;

const flags = parseFlags('keelson-runtime', table, (given) => {
  if (list(given.listen).length === 0) return '--listen: give at least one address';
  for (const flag of ['simulated-cpu', 'simulated-memory'] as const) {
    try {
      Curve.parse(given[flag]);
    } catch (error) {
      return `--${flag}: ${(error as Error).message}`;
    }
  }
  return undefined;
});
const clock = systemClock();
const logger = createLogger('runtime', { level: flags['log-level'], instance: flags.name });
const lifecycle = new Lifecycle({}, { clock, logger });

await lifecycle.run(async () => {
  const runtime = new Runtime(
    {
      listen: list(flags.listen),
      rootDir: flags['root-dir'],
      podCidr: flags['pod-cidr'],
      simulate: flags.simulate
        ? { cpu: Curve.parse(flags['simulated-cpu']), memory: Curve.parse(flags['simulated-memory']) }
        : undefined,
      imageCatalogue: flags['image-catalogue'],
      cgroupRoot: flags['cgroup-root'],
      streamHost: flags['stream-address'],
      streamPort: flags['stream-port'],
      sandboxesMax: flags['max-sandboxes'],
      version: '0.1.0',
    },
    { clock, random: systemRandom(), logger },
  );
  if (flags['remove-all']) {
    const removed = await runtime.removeAll();
    logger.info({ removed }, 'removed all sandboxes');
    process.exit(0);
  }
  lifecycle.onStop('runtime', () => runtime.stop());
  await runtime.start();
});
