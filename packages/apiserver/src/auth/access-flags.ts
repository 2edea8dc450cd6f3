import type { FlagTable } from '@keelson/service';

/** Who may come, and what they may do: kube-apiserver's names. */
export const accessFlags = {
  'client-ca-file': { type: 'string', demandOption: true, description: 'CA of the clients’ certificates' },
  'requestheader-client-ca-file': {
    type: 'string',
    description: 'CA of front proxies, which say in headers whom they speak for; without it there are none',
  },
  'requestheader-allowed-names': {
    type: 'string',
    default: '',
    description: 'Comma-separated common names of front proxies; empty: every certificate of their CA',
  },
  'requestheader-username-headers': {
    type: 'string',
    default: 'X-Remote-User',
    description: 'Comma-separated headers that may hold the user',
  },
  'requestheader-uid-headers': {
    type: 'string',
    default: 'X-Remote-Uid',
    description: 'Comma-separated headers that may hold the user’s uid',
  },
  'requestheader-group-headers': {
    type: 'string',
    default: 'X-Remote-Group',
    description: 'Comma-separated headers that may hold groups',
  },
  'requestheader-extra-headers-prefix': {
    type: 'string',
    default: 'X-Remote-Extra-',
    description: 'Comma-separated prefixes of headers that hold more about the user',
  },
  'anonymous-auth': {
    type: 'boolean',
    default: true,
    description: 'Whether who shows nothing may come as system:anonymous',
  },
  'token-auth-file': {
    type: 'string',
    description: 'CSV file of tokens: token,user,uid,"group1,group2" a line',
  },
  'enable-bootstrap-token-auth': {
    type: 'boolean',
    default: false,
    description: 'Whether Secrets of type bootstrap.kubernetes.io/token in kube-system let nodes join',
  },
  'authentication-config': {
    type: 'string',
    description: 'File with an AuthenticationConfiguration: issuers of JWTs, anonymous access; read again on change',
  },
  'oidc-issuer-url': { type: 'string', description: 'Issuer of OpenID Connect tokens that are taken, https://…' },
  'oidc-client-id': { type: 'string', description: 'What tokens of --oidc-issuer-url must be for' },
  'oidc-jwks-file': {
    type: 'string',
    description: 'File with the issuer’s keys (a JSON Web Key Set); without it they are fetched from the issuer',
  },
  'oidc-ca-file': { type: 'string', description: 'CA of the issuer’s certificate; by default the machine’s' },
  'oidc-username-claim': { type: 'string', default: 'sub', description: 'Claim that is the user’s name' },
  'oidc-username-prefix': {
    type: 'string',
    description: 'What users’ names begin with; by default the issuer and #, unless the claim is email; - for nothing',
  },
  'oidc-groups-claim': { type: 'string', description: 'Claim that names the user’s groups' },
  'oidc-groups-prefix': { type: 'string', description: 'What groups’ names begin with' },
  'oidc-required-claim': { type: 'string', description: 'Comma-separated key=value that tokens must say' },
  'oidc-signing-algs': { type: 'string', default: 'RS256', description: 'Comma-separated algorithms that are taken' },
  'authentication-token-webhook-config-file': {
    type: 'string',
    description: 'File in the form of a kubeconfig of the webhook that says whose tokens are',
  },
  'authentication-token-webhook-cache-ttl': {
    type: 'string',
    default: '2m0s',
    description: 'How long its answers are good',
  },
  'authentication-token-webhook-version': {
    type: 'string',
    choices: ['v1', 'v1beta1'],
    default: 'v1beta1',
    description: 'Version of authentication.k8s.io that it speaks',
  },
  'authorization-mode': {
    type: 'string',
    description:
      'Comma-separated authorizers: Node, RBAC, ABAC, Webhook, AlwaysAllow, AlwaysDeny; by default Node,RBAC',
  },
  'authorization-policy-file': {
    type: 'string',
    description: 'File of --authorization-mode ABAC: a policy in JSON a line',
  },
  'authorization-config': {
    type: 'string',
    description: 'File with an AuthorizationConfiguration, instead of --authorization-mode; read again on change',
  },
  'authorization-webhook-config-file': {
    type: 'string',
    description: 'File in the form of a kubeconfig of the webhook of --authorization-mode Webhook',
  },
  'authorization-webhook-cache-authorized-ttl': {
    type: 'string',
    default: '5m0s',
    description: 'How long it is remembered that the webhook allowed something',
  },
  'authorization-webhook-cache-unauthorized-ttl': {
    type: 'string',
    default: '30s',
    description: 'How long it is remembered that it did not',
  },
  'authorization-webhook-version': {
    type: 'string',
    choices: ['v1', 'v1beta1'],
    default: 'v1beta1',
    description: 'Version of authorization.k8s.io that it speaks',
  },
} as const satisfies FlagTable;
