/** How an autoscaler's metrics show: what is now, and what is wished. */
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from '../../gen/types.js';

const SHOWN_MAX = 2;

export function metricsText({ spec = {}, status = {} }: HorizontalPodAutoscaler): string {
  const specs = spec.metrics ?? [];
  if (specs.length === 0) return '<none>';
  const texts = specs.map((metric, index) => metricText(metric, (status.currentMetrics ?? [])[index]));
  const more = texts.length - SHOWN_MAX;
  const shown = texts.slice(0, SHOWN_MAX).join(', ');
  return more > 0 ? `${shown} + ${more} more...` : shown;
}

function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External': {
      const { target } = metric.external ?? {};
      const current = status?.external?.current;
      if (target?.averageValue !== undefined)
        return `${current?.averageValue ?? '<unknown>'}/${target.averageValue} (avg)`;
      return `${current?.value ?? '<unknown>'}/${target?.value ?? '<auto>'}`;
    }
    case 'Pods':
      return `${status?.pods?.current?.averageValue ?? '<unknown>'}/${metric.pods?.target?.averageValue}`;
    case 'Object': {
      const { target } = metric.object ?? {};
      const current = status?.object?.current;
      if (target?.averageValue !== undefined)
        return `${current?.averageValue ?? '<unknown>'}/${target.averageValue} (avg)`;
      return `${current?.value ?? '<unknown>'}/${target?.value}`;
    }
    case 'Resource':
      return resourceText(metric.resource, status?.resource?.current);
    case 'ContainerResource':
      return resourceText(metric.containerResource, status?.containerResource?.current);
    default:
      return '<unknown type>';
  }
}

function resourceText(
  source: MetricSpec['resource'],
  current: { averageValue?: string | undefined; averageUtilization?: number | undefined } | undefined,
): string {
  const { target, name } = source ?? {};
  if (target?.averageValue !== undefined)
    return `${name}: ${current?.averageValue ?? '<unknown>'}/${target.averageValue}`;
  const now = current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}%`;
  const wished = target?.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
  return `${name}: ${now}/${wished}`;
}
