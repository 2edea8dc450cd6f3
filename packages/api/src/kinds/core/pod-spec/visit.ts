import type { Path } from '../../../field-errors.js';
import type { Container, PodSpec } from '../../../gen/types.js';

/** All containers of a pod with their paths, in the order in which they start. */
export function containersOf(spec: PodSpec, path: Path): [Container, Path][] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((field) =>
    (spec[field] ?? []).map((it, index): [Container, Path] => [it, path.child(field).index(index)]),
  );
}
