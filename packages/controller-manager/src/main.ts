#!/usr/bin/env node
import { leaderFlags, runLeaderProcess } from '@keelson/client';
import { list } from '@keelson/service';
import { allControllers } from './controllers/index.js';
import { serviceAccountOf } from './controllers/service-accounts.js';
import { checkFlags, flagsOf, makeControllers } from './framework/configured.js';
import type { ControllerContext, KeyedLoop } from './framework/controller.js';
import { controllersPage } from './framework/debug-page.js';
import { ControllerMetrics } from './framework/metrics.js';
import { ServedKinds } from './framework/served-kinds.js';

/** Filled once this process leads. */
const loops = new Map<string, KeyedLoop>();

await runLeaderProcess({
  program: 'keelson-controller-manager',
  pages: new Map([['/debug/controllers', controllersPage(loops)]]),
  leaseName: 'kube-controller-manager',
  rate: { qps: 20, burst: 30 },
  flags: {
    ...leaderFlags,
    'use-service-account-credentials': {
      type: 'boolean',
      default: false,
      description: 'Each controller writes as a service account of its own in kube-system, with that one’s rights',
    },
    controllers: { type: 'string', default: '*', description: 'Comma-separated: * is all, -name leaves one out' },
    ...flagsOf(allControllers),
  },
  check(args) {
    const known = new Set(allControllers.map((it) => it.name));
    const unknown = list(args.controllers).find((it) => it !== '*' && !known.has(it.replace(/^-/, '')));
    return unknown === undefined
      ? checkFlags(allControllers, args)
      : `--controllers: unknown controller "${unknown}": one of ${[...known].join(', ')}`;
  },
  async lead(context, args) {
    const { recorder, logger } = context;
    const metrics = new ControllerMetrics(context.metrics);
    const kinds = new ServedKinds(context);
    const chosen = list(args.controllers);
    const wanted = allControllers.filter(
      ({ name }) => !chosen.includes(`-${name}`) && (chosen.includes('*') || chosen.includes(name)),
    );
    const controllers = makeControllers(wanted, args);
    const runs = controllers.map((it) => {
      const account = serviceAccountOf(it.name);
      const client = args['use-service-account-credentials'] ? context.clientAs(account) : context.clientOf(account);
      const own: ControllerContext = {
        ...context,
        client,
        kinds,
        metrics,
        loops,
        workersOf: ({ flag, workers }) => (flag === undefined ? workers : Number(args[flag as keyof typeof args])),
        recorder: recorder(it.eventSource ?? `${it.name}-controller`, client),
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
