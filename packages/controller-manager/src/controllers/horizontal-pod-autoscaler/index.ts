import { parseDuration } from '@keelson/service';
import { configured } from '../../framework/configured.js';
import { Autoscaling, NAME } from './autoscaling.js';

const CONCURRENCY = { flag: 'concurrent-horizontal-pod-autoscaler-syncs', workers: 5 } as const;

const TIMES = {
  'horizontal-pod-autoscaler-sync-period': {
    type: 'string',
    default: '15s',
    description: 'How often each autoscaler is looked at',
  },
  'horizontal-pod-autoscaler-downscale-stabilization': {
    type: 'string',
    default: '5m0s',
    description:
      'How long the highest number of replicas that was asked for holds, where an autoscaler says nothing else',
  },
  'horizontal-pod-autoscaler-cpu-initialization-period': {
    type: 'string',
    default: '5m0s',
    description:
      'How long after a pod’s start the CPU that it uses is taken to be that of its start while it is not ready',
  },
  'horizontal-pod-autoscaler-initial-readiness-delay': {
    type: 'string',
    default: '30s',
    description: 'How long after a pod’s start a change of its readiness is taken to be part of the start',
  },
} as const;

/** Scales what can be scaled to what its pods, or others, say is needed. */
export const horizontalPodAutoscaler = configured({
  name: NAME,
  concurrency: CONCURRENCY,
  flags: {
    ...TIMES,
    'horizontal-pod-autoscaler-tolerance': {
      type: 'number',
      default: 0.1,
      description: 'By which part of the target what is measured may differ without anything being scaled',
    },
  },
  check(args) {
    const wrong = (Object.keys(TIMES) as (keyof typeof TIMES)[]).find((it) => parseDuration(args[it]) === undefined);
    if (wrong !== undefined) return `--${wrong}: "${args[wrong]}" is no time such as 15s, 1m30s or 1h`;
    if (parseDuration(args['horizontal-pod-autoscaler-sync-period']) === 0)
      return '--horizontal-pod-autoscaler-sync-period: must be longer than 0';
    if (!(args['horizontal-pod-autoscaler-tolerance'] >= 0))
      return '--horizontal-pod-autoscaler-tolerance: must be a number of at least 0';
    return undefined;
  },
  make(args) {
    const ms = (flag: keyof typeof TIMES) => parseDuration(args[flag]) ?? 0;
    return {
      name: NAME,
      concurrency: CONCURRENCY,
      eventSource: NAME,
      setUp(context) {
        const autoscaling = new Autoscaling(context, {
          periodMs: ms('horizontal-pod-autoscaler-sync-period'),
          downscaleMs: ms('horizontal-pod-autoscaler-downscale-stabilization'),
          cpuInitializationMs: ms('horizontal-pod-autoscaler-cpu-initialization-period'),
          initialReadinessMs: ms('horizontal-pod-autoscaler-initial-readiness-delay'),
          tolerance: args['horizontal-pod-autoscaler-tolerance'],
        });
        return () => autoscaling.run(context.workersOf(CONCURRENCY));
      },
    };
  },
});
