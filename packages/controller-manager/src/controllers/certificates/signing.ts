import { existsSync } from 'node:fs';
import type { CertificateSigningRequest } from '@keelson/api';
import { resources } from '@keelson/client';
import { type FlagTable, parseDuration, rfc3339 } from '@keelson/service';
import { withCondition } from '../../framework/conditions.js';
import { configured } from '../../framework/configured.js';
import { type Controller, KeyedLoop } from '../../framework/controller.js';
import { type AuthorityFiles, FileAuthority } from './authority.js';
import {
  type Asked,
  apiserverClientProblem,
  isApproved,
  kubeletClientProblem,
  kubeletServingProblem,
  readRequest,
  SIGNERS,
} from './request.js';

/** A signer: what it takes, and the middle of the flags that give it an authority of its own. */
interface Signer {
  readonly name: string;
  readonly flag: string;
  readonly problem: (asked: Asked) => string | undefined;
}

const ALL: readonly Signer[] = [
  { name: SIGNERS.kubeletServing, flag: 'kubelet-serving', problem: kubeletServingProblem },
  { name: SIGNERS.kubeletClient, flag: 'kubelet-client', problem: kubeletClientProblem },
  { name: SIGNERS.apiserverClient, flag: 'kube-apiserver-client', problem: apiserverClientProblem },
  { name: SIGNERS.legacyUnknown, flag: 'legacy-unknown', problem: () => undefined },
];

const WORKERS = 5;

const fileFlags = (middle: string, whose: string): FlagTable => ({
  [`cluster-signing-${middle}cert-file`]: { type: 'string', default: '', description: `CA certificate of ${whose}` },
  [`cluster-signing-${middle}key-file`]: { type: 'string', default: '', description: `Key of the CA of ${whose}` },
});

/** Signs requests for certificates once they are approved. */
export const certificateSigning = configured({
  name: 'certificatesigningrequest-signing',
  flags: {
    ...fileFlags('', 'every signer that has none of its own'),
    ...Object.assign({}, ...ALL.map(({ flag, name }) => fileFlags(`${flag}-`, name))),
    'cluster-signing-duration': {
      type: 'string',
      default: '8760h0m0s',
      description: 'How long signed certificates are valid, unless they are asked for shorter',
    },
  } as FlagTable,
  check(args) {
    const all = args as Readonly<Record<string, unknown>>;
    const duration = parseDuration(String(all['cluster-signing-duration']));
    if (duration === undefined || duration <= 0)
      return '--cluster-signing-duration: must be a duration above 0, such as 8760h';
    for (const middle of ['', ...ALL.map(({ flag }) => `${flag}-`)]) {
      const [cert, key] = ['cert', 'key'].map((it) => `cluster-signing-${middle}${it}-file`) as [string, string];
      if ((all[cert] === '') !== (all[key] === ''))
        return all[cert] === '' ? `--${cert}: must be given with --${key}` : `--${key}: must be given with --${cert}`;
      for (const flag of [cert, key]) {
        const file = String(all[flag]);
        if (file !== '' && !existsSync(file)) return `--${flag}: there is no file ${file}`;
      }
    }
    return undefined;
  },
  make(args) {
    const all = args as Readonly<Record<string, unknown>>;
    const durationMs = parseDuration(String(all['cluster-signing-duration'])) ?? 0;
    const filesOf = (middle: string): AuthorityFiles => ({
      certFile: String(all[`cluster-signing-${middle}cert-file`]),
      keyFile: String(all[`cluster-signing-${middle}key-file`]),
      durationMs,
    });
    const signers = ALL.flatMap((signer) => {
      const files = [filesOf(`${signer.flag}-`), filesOf('')].find((it) => it.certFile !== '');
      return files === undefined ? [] : [{ signer, files }];
    });
    return signers.length === 0 ? undefined : signingController(signers);
  },
});

/** For tests and for whoever has files: signs for these signers. */
export function signingController(
  signers: readonly { readonly signer: Signer; readonly files: AuthorityFiles }[],
): Controller {
  return {
    name: 'certificatesigningrequest-signing',
    setUp(context) {
      const { client, informers, clock } = context;
      const requests = informers.for(resources.certificateSigningRequests);
      const loop = new KeyedLoop('certificatesigningrequest-signing', context);
      loop.feed(requests, ({ metadata }) => [metadata.name ?? '']);
      const byName = new Map(
        signers.map(({ signer, files }) => [signer.name, { signer, authority: new FileAuthority(files, context) }]),
      );
      return () =>
        loop.run(WORKERS, async (name) => {
          const request = requests.get('', name);
          const found = byName.get(request?.spec?.signerName ?? '');
          if (request === undefined || found === undefined || !isWaiting(request)) return undefined;
          const asked = readRequest(request);
          const problem = found.signer.problem(asked);
          const status =
            problem === undefined
              ? { ...request.status, certificate: encoded(await found.authority.sign(asked, request)) }
              : failed(request, problem, rfc3339(clock.now()));
          await client.update(resources.certificateSigningRequests, { ...request, status }, { subresource: 'status' });
          return undefined;
        });
    },
  };
}

function isWaiting(request: CertificateSigningRequest): boolean {
  return isApproved(request) && !request.status?.certificate;
}

function encoded(pem: string): string {
  return Buffer.from(pem).toString('base64');
}

function failed({ status }: CertificateSigningRequest, message: string, now: string) {
  const condition = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message, lastUpdateTime: now };
  return { ...status, conditions: withCondition(status?.conditions, condition, now) };
}

export function signerOf(name: string): Signer | undefined {
  return ALL.find((it) => it.name === name);
}
