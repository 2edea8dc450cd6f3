/** The versions in which those who manage fields wrote them. */
import type { Schema } from '../../schema.js';
import type { Manager } from './managers.js';
import { shapeProblem } from './typed.js';

/** How objects of a kind fall into parts. */
export interface Shapes {
  readonly schema: Schema;
  /**
   * The same of another version, for kinds whose versions differ in nothing but what they know; undefined: there is no
   * such version. Absent: the versions are one.
   */
  readonly schemaOf?: ((apiVersion: string) => Schema | undefined) | undefined;
}

/** An object cannot be one of the version in which somebody wrote it. */
export class OtherVersionError extends Error {
  override readonly name = 'OtherVersionError';
}

/** What is managed in another version is looked at in that: throws OtherVersionError where the object is none of it. */
export function checkVersions(
  managers: readonly Manager[],
  own: string,
  { schemaOf }: Shapes,
  objects: readonly unknown[],
): void {
  if (schemaOf === undefined) return;
  const versions = new Set(managers.map(({ apiVersion }) => apiVersion));
  versions.delete(own);
  for (const version of versions) {
    const schema = schemaOf(version);
    if (schema === undefined)
      throw new OtherVersionError(`request to convert CR to an invalid group/version: ${version}`);
    for (const object of objects) {
      const problem = shapeProblem(object, schema);
      if (problem !== undefined) throw new OtherVersionError(problem);
    }
  }
}
