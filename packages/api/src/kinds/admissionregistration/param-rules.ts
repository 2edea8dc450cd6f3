/** Parameters of policies: of what kind they are, and which a binding means. */
import { type FieldError, forbidden, invalid, notSupported, type Path, required } from '../../field-errors.js';
import type { ParamKind, ParamRef } from '../../gen/types.js';
import { dns1035LabelErrors, dns1123SubdomainErrors, pathSegmentErrors } from '../../names.js';
import { dnsSubdomain, validateLabelSelector } from '../rules.js';

export function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, at: Path): FieldError[] {
  const errors = validateApiVersion(apiVersion, at.child('apiVersion'));
  if (kind === '') return [...errors, required(at.child('kind'))];
  const wrong = dns1035LabelErrors(kind.toLowerCase());
  if (wrong.length === 0) return errors;
  const text = `may have mixed case, but should otherwise match: ${wrong.join(',')}`;
  return [...errors, invalid(at.child('kind'), kind, text)];
}

function validateApiVersion(apiVersion: string, at: Path): FieldError[] {
  if (apiVersion === '') return [required(at)];
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/');
  if (parts.length > 2) return [invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const [group, version] = parts.length === 2 ? [parts[0] ?? '', parts[1] ?? ''] : ['', parts[0] ?? ''];
  const errors: FieldError[] = [];
  const wrongGroup = group === '' ? [] : dns1123SubdomainErrors(group);
  if (wrongGroup.length > 0) errors.push(invalid(at, group, wrongGroup.join(',')));
  if (version === '') return [...errors, invalid(at, apiVersion, 'version must be specified')];
  const wrongVersion = dns1035LabelErrors(version);
  if (wrongVersion.length > 0) errors.push(invalid(at, version, wrongVersion.join(',')));
  return errors;
}

/** The policy that a binding is about. */
export function validatePolicyName(name: string, at: Path): FieldError[] {
  return name === '' ? [required(at)] : dnsSubdomain(name, at);
}

const NOT_FOUND_ACTIONS = ['Deny', 'Allow'];
const EXCLUSIVE = 'name and selector are mutually exclusive';

export function validateParamRef(reference: ParamRef | undefined, at: Path): FieldError[] {
  if (reference === undefined) return [];
  const { name = '', selector, parameterNotFoundAction: action = '' } = reference;
  const both = name !== '' && selector !== undefined;
  const errors: FieldError[] = [];
  if (name !== '') errors.push(...pathSegmentErrors(name).map((text) => invalid(at.child('name'), name, text)));
  if (both) errors.push(forbidden(at.child('name'), EXCLUSIVE));
  errors.push(...validateLabelSelector(selector, at.child('selector')));
  if (both) errors.push(forbidden(at.child('selector'), EXCLUSIVE));
  if (name === '' && selector === undefined) errors.push(required(at, 'one of name or selector must be specified'));
  const actionAt = at.child('parameterNotFoundAction');
  if (action === '') errors.push(required(actionAt));
  else if (!NOT_FOUND_ACTIONS.includes(action)) errors.push(notSupported(actionAt, action, NOT_FOUND_ACTIONS));
  return errors;
}

/** As tables show what a binding refers to. */
export function paramRefText(reference: ParamRef | undefined): string {
  if (reference === undefined) return '<unset>';
  const { namespace = '', name = '*' } = reference;
  return namespace === '' ? name : `${namespace}/${name}`;
}

export function paramKindText(kind: ParamKind | undefined): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion}/${kind.kind}`;
}
