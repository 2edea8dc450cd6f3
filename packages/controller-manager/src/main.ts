#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { leaderFlags, runLeaderProcess } from '@keelson/client';
import { list } from '@keelson/service';
import { controllersOf } from './controllers/index.js';
import { concurrencyFlags } from './framework/concurrency.js';
import type { ControllerContext } from './framework/controller.js';
import { ControllerMetrics } from './framework/metrics.js';
import { ServedKinds } from './framework/served-kinds.js';

/** Every controller's name and flags, whatever its settings. */
const every = controllersOf({ rootCa: '', nodeMonitorGraceMs: 0, terminatedPodsMax: 0, quotaResyncMs: 0 });

await runLeaderProcess({
  program: 'keelson-controller-manager',
  leaseName: 'kube-controller-manager',
  flags: {
    ...leaderFlags,
    controllers: { type: 'string', default: '*', description: 'Comma-separated: * is all, -name leaves one out' },
    'root-ca-file': { type: 'string', default: '', description: 'CA that is published to every namespace' },
    'node-monitor-grace-period': {
      type: 'number',
      default: 50,
      description: 'Seconds without a sign of life until a node is lost',
    },
    'resource-quota-sync-period': {
      type: 'number',
      default: 300,
      description:
        'Seconds after which what is used of a quota is counted again though nothing is known to have changed',
    },
    'terminated-pod-gc-threshold': { type: 'number', default: 12_500, description: 'Finished pods that are kept' },
    ...concurrencyFlags(every),
  },
  check(args) {
    if (!(args['resource-quota-sync-period'] > 0))
      return '--resource-quota-sync-period: must be a number of seconds above 0';
    const known = new Set(every.map((it) => it.name));
    for (const flag of Object.keys(concurrencyFlags(every))) {
      const workers = args[flag as keyof typeof args];
      if (!Number.isInteger(workers) || Number(workers) < 1) return `--${flag}: must be a whole number of at least 1`;
    }
    const unknown = list(args.controllers).find((it) => it !== '*' && !known.has(it.replace(/^-/, '')));
    return unknown === undefined
      ? undefined
      : `--controllers: unknown controller "${unknown}": one of ${[...known].join(', ')}`;
  },
  async lead(context, args) {
    const { recorder, logger } = context;
    const metrics = new ControllerMetrics(context.metrics);
    const kinds = new ServedKinds(context);
    const rootCa = args['root-ca-file'] === '' ? undefined : readFileSync(args['root-ca-file'], 'utf8');
    const chosen = list(args.controllers);
    const controllers = controllersOf({
      rootCa,
      nodeMonitorGraceMs: args['node-monitor-grace-period'] * 1000,
      terminatedPodsMax: args['terminated-pod-gc-threshold'],
      quotaResyncMs: args['resource-quota-sync-period'] * 1000,
    }).filter(({ name }) => !chosen.includes(`-${name}`) && (chosen.includes('*') || chosen.includes(name)));
    const runs = controllers.map((it) => {
      const own: ControllerContext = {
        ...context,
        kinds,
        metrics,
        workersOf: ({ flag, workers }) => (flag === undefined ? workers : Number(args[flag as keyof typeof args])),
        recorder: recorder(`${it.name}-controller`),
        logger: logger.child({ controller: it.name }),
      };
      return it.setUp(own);
    });
    await context.informers.start(context.signal);
    await kinds.start(context.signal);
    logger.info({ controllers: controllers.map((it) => it.name) }, 'controllers started');
    await Promise.all(runs.map((run) => run()));
  },
});
