/** Rules of pods for Windows, and of what only pods for one system may say. */
import { type FieldError, forbidden, invalid, type Path } from '../../../field-errors.js';
import type { PodSpec, WindowsSecurityContextOptions } from '../../../gen/types.js';
import { dnsSubdomain } from '../../rules.js';
import { containersOf } from './visit.js';

const CREDENTIAL_SPEC_KIB = 64;
const DOMAIN_MAX = 256;
const USER_MAX = 104;
const CONTROL = /\p{Cc}/u;
const NET_BIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/;
const USER_CHARACTERS = /["/\\:;|=,+*?<>@[\]]/;

export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, path: Path): FieldError[] {
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options ?? {};
  const errors: FieldError[] = [];
  if (gmsaCredentialSpecName !== undefined)
    errors.push(...dnsSubdomain(gmsaCredentialSpecName, path.child('gmsaCredentialSpecName')));
  if (gmsaCredentialSpec !== undefined) {
    const at = path.child('gmsaCredentialSpec');
    if (gmsaCredentialSpec === '') errors.push(invalid(at, '', 'gmsaCredentialSpec cannot be an empty string'));
    else if (Buffer.byteLength(gmsaCredentialSpec) > CREDENTIAL_SPEC_KIB * 1024) {
      const text = `gmsaCredentialSpec size must be under ${CREDENTIAL_SPEC_KIB} KiB`;
      errors.push(invalid(at, gmsaCredentialSpec, text));
    }
  }
  if (runAsUserName === undefined) return errors;
  const texts = userNameProblems(runAsUserName).map((text) => `runAsUserName${text}`);
  return [...errors, ...texts.map((text) => invalid(path.child('runAsUserName'), runAsUserName, text))];
}

function userNameProblems(name: string): string[] {
  if (name === '') return [' cannot be an empty string'];
  if (CONTROL.test(name)) return [' cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return [' cannot contain more than one backslash'];
  const user = parts.at(-1) ?? '';
  const texts: string[] = [];
  if (parts.length === 2) {
    const [domain = ''] = parts;
    if (Buffer.byteLength(domain) >= DOMAIN_MAX) texts.push(`'s Domain length must be under ${DOMAIN_MAX} characters`);
    if (!NET_BIOS.test(domain) && !domain.split('.').every((label) => DNS_LABEL.test(label)))
      texts.push("'s Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === '') texts.push("'s User cannot be empty");
  else if (Buffer.byteLength(user) > USER_MAX)
    texts.push(`'s User length must not be longer than ${USER_MAX} characters`);
  if (/^[. ]+$/.test(user)) texts.push("'s User cannot contain only periods or spaces");
  if (USER_CHARACTERS.test(user)) texts.push(`'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]`);
  return texts;
}

/** Where one container is a process of its host, all are, and the network is the host's too. */
export function validateHostProcess(spec: PodSpec, path: Path): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const errors: FieldError[] = [];
  const containers = containersOf(spec, path);
  let onHost = 0;
  for (const [{ securityContext }, at] of containers) {
    const own = securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const text = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(invalid(at.child('securityContext', 'windowsOptions', 'hostProcess'), own, text));
    }
    if (own ?? ofPod ?? false) onHost += 1;
  }
  if (onHost === 0) return errors;
  if (onHost !== containers.length) {
    const text = 'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.push(invalid(path, '', text));
  }
  if (spec.hostNetwork !== true) {
    const text = 'hostNetwork must be true if pod contains any hostProcess containers';
    errors.push(invalid(path.child('hostNetwork'), false, text));
  }
  return errors;
}

const WINDOWS_ONLY = 'windows options cannot be set for a linux pod';

export function validateLinuxPod(spec: PodSpec, path: Path): FieldError[] {
  const holders = [[spec, path] as const, ...containersOf(spec, path)];
  return holders
    .filter(([{ securityContext }]) => securityContext?.windowsOptions !== undefined)
    .map(([, at]) => forbidden(at.child('securityContext', 'windowsOptions'), WINDOWS_ONLY));
}

/** What a pod for Windows may not say, in upstream's order; what is not of the security context is the spec's own. */
const NOT_OF_WINDOWS_PODS = [
  ...['securityContext.appArmorProfile', 'securityContext.seLinuxOptions', 'hostUsers', 'hostPID', 'hostIPC'],
  ...['securityContext.seccompProfile', 'securityContext.fsGroup', 'securityContext.fsGroupChangePolicy'],
  ...['securityContext.sysctls', 'shareProcessNamespace', 'securityContext.runAsUser', 'securityContext.runAsGroup'],
  ...['securityContext.supplementalGroups', 'securityContext.supplementalGroupsPolicy'],
  ...['securityContext.seLinuxChangePolicy'],
];
const NOT_OF_WINDOWS_CONTAINERS = [
  ...(['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem'] as const),
  ...(['privileged', 'allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'] as const),
];

export function validateWindowsPod(spec: PodSpec, path: Path): FieldError[] {
  const text = 'cannot be set for a windows pod';
  const ofPod = NOT_OF_WINDOWS_PODS.filter((field) => isSaid(spec, field.split('.'))).map((field) =>
    forbidden(path.child(...field.split('.')), text),
  );
  const ofContainers = containersOf(spec, path).flatMap(([{ securityContext = {} }, at]) =>
    NOT_OF_WINDOWS_CONTAINERS.filter((field) => securityContext[field] !== undefined).map((field) =>
      forbidden(at.child('securityContext', field), text),
    ),
  );
  return [...ofPod, ...ofContainers];
}

function isSaid(spec: PodSpec, steps: readonly string[]): boolean {
  let value: unknown = spec;
  for (const step of steps) value = (value as Record<string, unknown> | undefined)?.[step];
  const isUnsetFlag = value === false && (steps[0] === 'hostPID' || steps[0] === 'hostIPC');
  return value !== undefined && !isUnsetFlag && !(steps[1] === 'sysctls' && (value as unknown[]).length === 0);
}
