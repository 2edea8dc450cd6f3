import { type FieldError, forbidden, invalid, type Path, required } from '../../../field-errors.js';
import type { Container, Lifecycle, LifecycleHandler, Probe } from '../../../gen/types.js';
import { nonNegative, oneOf, portText, positive } from '../../rules.js';

type Handler = Pick<LifecycleHandler, 'exec' | 'httpGet' | 'tcpSocket' | 'sleep'> & Pick<Probe, 'grpc'>;

const SCHEMES = ['HTTP', 'HTTPS'];
const HEADER = /^[-A-Za-z0-9]+$/;
const HEADER_TEXT =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

/** The probes and hooks of a container that is not an ephemeral one. */
export function validateProbes(container: Container, path: Path, grace: number): FieldError[] {
  return [
    ...validateProbe(container.livenessProbe, path.child('livenessProbe'), grace, true),
    ...validateProbe(container.readinessProbe, path.child('readinessProbe'), grace, false),
    ...validateProbe(container.startupProbe, path.child('startupProbe'), grace, true),
  ];
}

export function validateLifecycle(lifecycle: Lifecycle | undefined, path: Path, grace: number): FieldError[] {
  const { postStart, preStop } = lifecycle ?? {};
  return [
    ...(postStart === undefined ? [] : validateHandler(postStart, path.child('postStart'), grace)),
    ...(preStop === undefined ? [] : validateHandler(preStop, path.child('preStop'), grace)),
  ];
}

function validateProbe(probe: Probe | undefined, path: Path, grace: number, onlyOneSuccess: boolean): FieldError[] {
  if (probe === undefined) return [];
  const errors = validateHandler(probe, path, grace);
  const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'];
  for (const field of counts as (keyof Probe & string)[]) {
    errors.push(...nonNegative(probe[field] as number | undefined, path.child(field)));
  }
  const own = probe.terminationGracePeriodSeconds;
  errors.push(...positive(own, path.child('terminationGracePeriodSeconds')));
  if (onlyOneSuccess && probe.successThreshold !== 1) {
    errors.push(invalid(path.child('successThreshold'), probe.successThreshold ?? 0, 'must be 1'));
  }
  if (!onlyOneSuccess && own !== undefined) {
    errors.push(invalid(path.child('terminationGracePeriodSeconds'), own, 'must not be set for readinessProbes'));
  }
  return errors;
}

function validateHandler(handler: Handler, path: Path, grace: number): FieldError[] {
  const errors: FieldError[] = [];
  const given = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter(
    (name) => handler[name] !== undefined,
  );
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  const [first = 'exec'] = given;
  errors.push(...CHECKS[first](handler, path.child(first), grace));
  for (const name of given.slice(1)) {
    errors.push(forbidden(path.child(name), 'may not specify more than 1 handler type'));
  }
  return errors;
}

const CHECKS: Readonly<
  Record<'exec' | 'httpGet' | 'tcpSocket' | 'grpc' | 'sleep', (it: Handler, path: Path, grace: number) => FieldError[]>
> = {
  exec: (it, path) => ((it.exec?.command?.length ?? 0) === 0 ? [required(path.child('command'))] : []),
  httpGet: (it, path) => [
    ...((it.httpGet?.path ?? '') === '' ? [required(path.child('path'))] : []),
    ...portText(it.httpGet?.port ?? 0, path.child('port')),
    ...oneOf(it.httpGet?.scheme ?? '', SCHEMES, path.child('scheme')),
    ...(it.httpGet?.httpHeaders ?? []).flatMap(({ name = '' }) =>
      HEADER.test(name) ? [] : [invalid(path.child('httpHeaders'), name, HEADER_TEXT)],
    ),
  ],
  tcpSocket: (it, path) => portText(it.tcpSocket?.port ?? 0, path.child('port')),
  grpc: (it, path) => portText(it.grpc?.port ?? 0, path.child('port')),
  sleep: ({ sleep }, path, grace) => {
    const seconds = sleep?.seconds ?? 0;
    if (seconds >= 0 && seconds <= grace) return [];
    const text = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
    return [invalid(path, seconds, text)];
  },
};
