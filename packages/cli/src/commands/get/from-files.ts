import type { Cluster } from '../../cluster/cluster.js';
import type { Context } from '../../command/context.js';
import { UsageError } from '../../errors.js';
import { readManifests } from '../../files/read.js';
import { manifestTarget } from '../../files/target.js';
import type { GetRequest } from './request.js';

/** What files name, as if it had been named on the command line. */
export async function fromFiles(
  context: Context,
  cluster: Cluster,
  flags: { readonly filename: readonly string[]; readonly recursive: boolean },
  positionals: readonly string[],
): Promise<GetRequest['chosen']> {
  if (positionals.length > 0) throw new UsageError('when paths are given by -f, no types or names may be given');
  const manifests = await readManifests(flags.filename, flags.recursive, context.io);
  return manifests.map((manifest) => {
    const { resource, namespace } = manifestTarget(manifest, cluster.mapper, context);
    return { resource, namespace, name: manifest.object.metadata.name ?? '' };
  });
}
