import { bootstrapObjects, type FlowSchema, type PriorityLevelConfiguration } from '@keelson/api';

/** Names of the schemas and levels without which the server does not go. */
const MANDATORY = new Set<string | undefined>(['exempt', 'catch-all']);

/** The objects of priority and fairness that every cluster has from its first moment. */
export function bootstrapSchemas(): readonly FlowSchema[] {
  return objects<FlowSchema>('flowSchemas');
}

export function bootstrapLevels(): readonly PriorityLevelConfiguration[] {
  return objects<PriorityLevelConfiguration>('priorityLevelConfigurations');
}

export function mandatorySchemas(): readonly FlowSchema[] {
  return bootstrapSchemas().filter(isMandatory);
}

export function mandatoryLevels(): readonly PriorityLevelConfiguration[] {
  return bootstrapLevels().filter(isMandatory);
}

export function isMandatory({ metadata }: { metadata: { name?: string | undefined } }): boolean {
  return MANDATORY.has(metadata.name);
}

function objects<T>(list: string): readonly T[] {
  return (bootstrapObjects()[list] ?? []).map(({ name, annotations, spec }) => ({
    metadata: { name, annotations },
    spec,
  })) as unknown as readonly T[];
}
