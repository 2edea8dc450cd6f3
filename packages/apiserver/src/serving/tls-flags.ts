import { type Flags, type FlagTable, list, type ServingTls } from '@keelson/service';

/** How connections are encrypted: kube-apiserver's names and values. */
export const tlsFlags = {
  'tls-min-version': {
    type: 'string',
    default: 'VersionTLS12',
    description: 'Oldest version of TLS that is spoken: VersionTLS12 or VersionTLS13',
  },
  'tls-cipher-suites': {
    type: 'string',
    description: 'Comma-separated cipher suites, of the most wanted first; without it those that Node.js has for good',
  },
} as const satisfies FlagTable;

const VERSIONS: Readonly<Record<string, ServingTls['minVersion']>> = {
  VersionTLS12: 'TLSv1.2',
  VersionTLS13: 'TLSv1.3',
};

/** Those of TLS 1.3; a list that names none of them means all. */
const SUITES_13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** IANA's names and OpenSSL's, good ones first. */
const SUITES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(SUITES_13.map((name) => [name, name])),
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
};

type TlsFlags = Flags<typeof tlsFlags>;

/** What is wrong with the flags, in one line that names one of them. */
export function tlsProblem(flags: TlsFlags): string | undefined {
  const version = flags['tls-min-version'];
  if (!Object.hasOwn(VERSIONS, version))
    return `--tls-min-version: "${version}" is not one of ${Object.keys(VERSIONS).join(', ')}`;
  const suite = list(flags['tls-cipher-suites']).find((it) => !Object.hasOwn(SUITES, it));
  if (suite !== undefined)
    return `--tls-cipher-suites: "${suite}" is not one of ${Object.keys(SUITES).sort().join(', ')}`;
  return undefined;
}

export function tlsOptions(flags: TlsFlags): Pick<ServingTls, 'minVersion' | 'ciphers'> {
  const minVersion = VERSIONS[flags['tls-min-version']];
  const names = list(flags['tls-cipher-suites']);
  if (names.length === 0) return { minVersion };
  const wanted = names.some((name) => SUITES_13.includes(name)) ? names : [...SUITES_13, ...names];
  return { minVersion, ciphers: wanted.map((name) => SUITES[name]).join(':') };
}
