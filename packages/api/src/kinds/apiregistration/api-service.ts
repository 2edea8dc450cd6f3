import { type FieldError, invalid, notSupported, path, required } from '../../field-errors.js';
import type {
  APIService,
  APIServiceCondition,
  APIServiceSpec,
  ApiregistrationV1ServiceReference,
} from '../../gen/types.js';
import { defineKind, status } from '../../kind.js';
import { dns1035LabelErrors, pathSegmentErrors, portNumberErrors } from '../../names.js';
import { ageColumn, nameColumn } from '../columns.js';
import { dnsSubdomain, requiredString } from '../rules.js';

const spec = path('spec');
const STATES = ['True', 'False', 'Unknown'];
const conditionAt = (index: number) => path('status').child('conditions').index(index).child('status');
const KEPT_BY_STATUS = ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const;

export const apiService = defineKind<APIService>({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  categories: ['api-extensions'],
  scope: 'Cluster',
  updateMetadata: 'both',
  plainFinalizers: true,
  nameRule(name, isPrefix, { spec: own = {} }) {
    const errors = pathSegmentErrors(name, isPrefix);
    const wanted = `${own.version ?? ''}.${own.group ?? ''}`;
    if (errors.length > 0 || name === wanted) return errors;
    return [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`];
  },
  strategy: {
    allowUnconditionalUpdate: false,
    prepareForCreate(it) {
      if (it.spec?.service !== undefined) return;
      it.status = { conditions: [localCondition(it.metadata.creationTimestamp ?? '')] };
    },
    prepareForStatusUpdate(next, old) {
      for (const field of KEPT_BY_STATUS) {
        delete next.metadata[field];
        if (old.metadata[field] !== undefined) Object.assign(next.metadata, { [field]: old.metadata[field] });
      }
    },
    statusResetFields: ['metadata', 'spec'],
  },
  subresources: [status],
  columns: [
    nameColumn(),
    {
      name: 'Service',
      type: 'string',
      value: ({ spec: own }) => (own?.service === undefined ? 'Local' : `${own.service.namespace}/${own.service.name}`),
    },
    { name: 'Available', type: 'string', value: availableText },
    ageColumn(),
  ],
  defaults(it) {
    if (it.spec?.service !== undefined) it.spec.service.port ??= 443;
  },
  validate: validateService,
  validateStatusUpdate: ({ status: { conditions = [] } = {} }) =>
    conditions.flatMap(({ status: state = '' }, index) =>
      STATES.includes(state) ? [] : [notSupported(conditionAt(index), state, STATES)],
    ),
});

/** What is available when it is made: this server serves it itself. */
export function localCondition(lastTransitionTime: string): APIServiceCondition {
  const message = 'Local APIServices are always available';
  return { type: 'Available', status: 'True', lastTransitionTime, reason: 'Local', message };
}

function validateService({ spec: own = {} }: APIService): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0, service } = own;
  const errors: FieldError[] = [];
  if (group === '' && version !== 'v1')
    errors.push(required(spec.child('group'), 'only v1 may have an empty group and it better be legacy kube'));
  if (group !== '') errors.push(...dnsSubdomain(group, spec.child('group')));
  errors.push(...dns1035LabelErrors(version).map((text) => invalid(spec.child('version'), version, text)));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000) {
    const text = 'must be positive and less than 20000';
    errors.push(invalid(spec.child('groupPriorityMinimum'), groupPriorityMinimum, text));
  }
  if (versionPriority <= 0 || versionPriority > 1000)
    errors.push(invalid(spec.child('versionPriority'), versionPriority, 'must be positive and less than 1000'));
  return [...errors, ...(service === undefined ? validateLocal(own) : validateRemote(own, service))];
}

/** What this server serves itself needs no trust. */
function validateLocal({ caBundle = '', insecureSkipTLSVerify = false }: APIServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const bytes = Buffer.from(caBundle, 'base64').length;
  if (bytes > 0)
    errors.push(invalid(spec.child('caBundle'), `${bytes} bytes`, 'local APIServices may not have a caBundle'));
  if (insecureSkipTLSVerify) {
    const text = 'local APIServices may not have insecureSkipTLSVerify';
    errors.push(invalid(spec.child('insecureSkipTLSVerify'), true, text));
  }
  return errors;
}

function validateRemote(
  { caBundle = '', insecureSkipTLSVerify = false }: APIServiceSpec,
  { namespace, name, port }: ApiregistrationV1ServiceReference,
): FieldError[] {
  const at = spec.child('service');
  const errors = [...requiredString(namespace, at.child('namespace')), ...requiredString(name, at.child('name'))];
  if (port === undefined) errors.push(required(at.child('port')));
  else errors.push(...portNumberErrors(port).map((it) => invalid(at.child('port'), port, `port is not valid: ${it}`)));
  if (insecureSkipTLSVerify && caBundle !== '')
    errors.push(invalid(spec.child('insecureSkipTLSVerify'), true, 'may not be true if caBundle is present'));
  return errors;
}

function availableText({ status: state = {} }: APIService): string {
  const available = state.conditions?.find((condition) => condition.type === 'Available');
  if (available === undefined) return 'Unknown';
  return available.status === 'True' ? 'True' : `${available.status} (${available.reason})`;
}
