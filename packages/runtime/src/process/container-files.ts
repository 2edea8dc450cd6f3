import { join } from 'node:path';
import { readJson } from '../files.js';
import { hasShape, ShimFile, type ShimSpec, type StartedRecord } from '../shim/records.js';
import { ContainerProcesses } from './container-processes.js';
import { ControlGroup, type ControlGroups } from './control-group.js';
import type { ProcessIdentity } from './proc.js';

/** What a file of a container's directory holds; undefined if there is none. Throws if it cannot be understood. */
export function readShimFile<T>(directory: string, file: string): T | undefined {
  const path = join(directory, file);
  const value = readJson<T>(path);
  if (value !== undefined && !hasShape(file, value)) throw new Error(`${path} is damaged: it is no ${file}`);
  return value;
}

/**
 * The processes of a container as its directory tells of them. A file that is damaged tells nothing: its group is then
 * where groups are made now, and the marks do the rest.
 */
export function containerProcesses(
  id: string,
  directory: string,
  controlGroups: ControlGroups | undefined,
): ContainerProcesses {
  const read = <T>(file: string): T | undefined => {
    try {
      return readShimFile<T>(directory, file);
    } catch {
      return undefined;
    }
  };
  return new ContainerProcesses(groupOf(read<ShimSpec>(ShimFile.spec), controlGroups?.of(id)), () => ({
    id,
    leader: read<StartedRecord>(ShimFile.started)?.process,
    descendants: read<ProcessIdentity[]>(ShimFile.descendants) ?? [],
  }));
}

function groupOf(spec: ShimSpec | undefined, usual: ControlGroup | undefined): ControlGroup | undefined {
  if (spec !== undefined) return spec.controlGroup === undefined ? undefined : new ControlGroup(spec.controlGroup);
  return usual?.exists ? usual : undefined;
}
