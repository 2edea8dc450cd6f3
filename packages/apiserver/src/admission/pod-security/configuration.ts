import { dns1123LabelErrors, dns1123SubdomainErrors, type FieldError, fieldErrors, Path } from '@keelson/api';
import { type ConfigKind, fields } from '../../config/config-file.js';
import { LEVEL_WRONG, MODES, type Policy, parseLevel, parseVersion, VERSION_WRONG } from './policy.js';

/** What holds where labels say nothing, and whom it does not hold for. */
export interface PodSecurityConfiguration {
  readonly defaults?: Readonly<Record<string, string>>;
  readonly exemptions?: {
    readonly usernames?: readonly string[];
    readonly namespaces?: readonly string[];
    readonly runtimeClasses?: readonly string[];
  };
}

const { string, strings, object } = fields;

export const podSecurityConfiguration: ConfigKind<PodSecurityConfiguration> = {
  group: 'pod-security.admission.config.k8s.io',
  versions: ['v1', 'v1beta1', 'v1alpha1'],
  kind: 'PodSecurityConfiguration',
  schema: object({
    defaults: object(
      Object.fromEntries(MODES.flatMap((mode) => [mode, `${mode}-version`]).map((name) => [name, string])),
    ),
    exemptions: object({ usernames: strings, namespaces: strings, runtimeClasses: strings }),
  }),
  validate({ defaults = {}, exemptions = {} }) {
    const at = new Path('defaults');
    const errors = MODES.flatMap((mode) => {
      const [level = '', version = ''] = [defaults[mode], defaults[`${mode}-version`]];
      return [
        ...(level !== '' && parseLevel(level) === undefined
          ? [fieldErrors.invalid(at.child(mode), level, LEVEL_WRONG)]
          : []),
        ...(version !== '' && parseVersion(version) === undefined
          ? [fieldErrors.invalid(at.child(`${mode}-version`), version, VERSION_WRONG)]
          : []),
      ];
    });
    const exempt = new Path('exemptions');
    return [
      ...errors,
      ...listErrors(exempt.child('namespaces'), exemptions.namespaces, dns1123LabelErrors),
      ...listErrors(exempt.child('runtimeClasses'), exemptions.runtimeClasses, dns1123SubdomainErrors),
      ...listErrors(exempt.child('usernames'), exemptions.usernames, (it) =>
        it === '' ? ['username must not be empty'] : [],
      ),
    ];
  },
};

function listErrors(at: Path, values: readonly string[] = [], errorsOf: (value: string) => string[]): FieldError[] {
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    const texts = errorsOf(value);
    if (texts.length > 0) return [fieldErrors.invalid(at.index(index), value, texts.join(', '))];
    if (seen.has(value)) return [fieldErrors.duplicate(at.index(index), value)];
    seen.add(value);
    return [];
  });
}

export function defaultPolicy({ defaults = {} }: PodSecurityConfiguration): Policy {
  const of = (mode: (typeof MODES)[number]) => ({
    level: parseLevel(defaults[mode] ?? '') ?? 'privileged',
    version: parseVersion(defaults[`${mode}-version`] ?? '') ?? ('latest' as const),
  });
  return { enforce: of('enforce'), audit: of('audit'), warn: of('warn') };
}
