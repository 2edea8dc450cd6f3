import { type FieldError, invalid, type Path, quote, required, tooLong } from '../../field-errors.js';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../names.js';

const DOMAIN_BYTES_MAX = 253;
/** A namespace's name, a dot and an object's name may stand behind the slash. */
const NAME_BYTES_MAX = DOMAIN_BYTES_MAX + 1 + 253 + 63 + 1;

/** Who signs certificates: `domain/name`. */
export function validateSignerName(name: string, at: Path): FieldError[] {
  if (name === '') return [required(at)];
  const parts = name.split('/');
  const [domain = '', signer = ''] = parts;
  if (parts.length !== 2)
    return [invalid(at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const labels = domain.split('.');
  return [
    ...(Buffer.byteLength(domain) > DOMAIN_BYTES_MAX ? [tooLong(at, DOMAIN_BYTES_MAX)] : []),
    ...firstBad(domain, dns1123LabelErrors, at),
    ...(labels.length < 2 ? [invalid(at, domain, 'should be a domain with at least two segments')] : []),
    ...firstBad(signer, dns1123SubdomainErrors, at),
    ...(Buffer.byteLength(name) > NAME_BYTES_MAX ? [tooLong(at, NAME_BYTES_MAX)] : []),
  ];
}

/** What is wrong with the first part between dots that something is wrong with. */
function firstBad(text: string, rule: (label: string) => string[], at: Path): FieldError[] {
  const bad = text.split('.').find((label) => rule(label).length > 0);
  return bad === undefined
    ? []
    : rule(bad).map((error) => invalid(at, text, `validating label ${quote(bad)}: ${error}`));
}
