import { list } from '@keelson/service';
import { restoreBackup } from '@keelson/store';

export interface RestoreArguments {
  readonly file: string;
  readonly dataDir: string;
  readonly name: string;
  readonly initialCluster: string | undefined;
  readonly initialClusterToken: string;
  readonly initialAdvertisePeerUrls: string;
  readonly bumpRevision: number;
  readonly markCompacted: boolean;
  readonly skipHashCheck: boolean;
}

/** `keelson restore <file>`: the data directory of one member of a new cluster. Run it once for each member. */
export async function restore(args: RestoreArguments): Promise<void> {
  const { file, dataDir: dataDirectory, name, initialClusterToken, bumpRevision, markCompacted, skipHashCheck } = args;
  if (!Number.isInteger(bumpRevision) || bumpRevision < 0)
    throw new Error(`--bump-revision must be a whole number, not ${bumpRevision}`);
  if (markCompacted && bumpRevision === 0) throw new Error('--mark-compacted needs --bump-revision above 0');
  const advertisePeerUrls = list(args.initialAdvertisePeerUrls);
  const initialCluster = args.initialCluster ?? advertisePeerUrls.map((url) => `${name}=${url}`).join(',');
  const { revision, member, cluster } = await restoreBackup({
    ...{ file, dataDirectory, name, initialCluster, initialClusterToken, advertisePeerUrls },
    ...{ bumpRevision, markCompacted, skipHashCheck },
  });
  process.stdout.write(
    `Restored revision ${revision} as member ${member.toString(16)} of cluster ${cluster.toString(16)} in ${dataDirectory}.\n` +
      'Restore the same file for the other members of --initial-cluster, then start all with the same flags.\n',
  );
}
