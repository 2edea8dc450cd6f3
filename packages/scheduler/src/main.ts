#!/usr/bin/env node
import { leaderFlags, runLeaderProcess } from '@keelson/client';
import { SchedulerMetrics } from './metrics.js';
import { defaultPlugins } from './plugins/index.js';
import { Scheduler } from './scheduler.js';

await runLeaderProcess({
  program: 'keelson-scheduler',
  leaseName: 'kube-scheduler',
  rate: { qps: 50, burst: 100 },
  flags: {
    ...leaderFlags,
    'scheduler-name': {
      type: 'string',
      default: 'default-scheduler',
      description: 'Pods that name this scheduler are ours',
    },
  },
  async lead(context, args) {
    const metrics = new SchedulerMetrics(context.metrics);
    const schedulerName = args['scheduler-name'];
    const recorder = context.recorder(schedulerName);
    const scheduler = new Scheduler({ schedulerName }, { ...context, recorder, metrics, plugins: defaultPlugins });
    await scheduler.run(context.signal);
  },
});
