import assert from 'node:assert/strict';
import type { Behaviour } from '../visit.js';
import { CONFIG_MAPS, configMap, PODS, pod } from './samples.js';

export const admission: readonly Behaviour[] = [
  {
    name: 'quota, limits and pod security',
    async run(visit) {
      const labels = {
        'pod-security.kubernetes.io/enforce': 'baseline',
        'pod-security.kubernetes.io/warn': 'restricted',
      };
      await visit.ask({
        ...{
          verb: 'patch',
          resource: 'namespaces',
          namespace: '',
          name: visit.namespace,
          body: { metadata: { labels } },
        },
        patchType: 'application/merge-patch+json',
      });
      await visit.ask({ verb: 'create', ...PODS, body: pod('fair') });
      await visit.refused({ verb: 'create', ...PODS, body: pod('host', { hostNetwork: true }) }, [
        403,
        /violates PodSecurity/,
      ]);
      const limits = [{ type: 'Container', default: { cpu: '1' }, max: { cpu: '2' } }];
      await visit.ask({ verb: 'create', resource: 'limitranges', body: { metadata: { name: 'l' }, spec: { limits } } });
      const resources = { limits: { cpu: '3' } };
      const greedy = pod('greedy', { containers: [{ name: 'c', image: 'i', resources }] });
      await visit.refused({ verb: 'create', ...PODS, body: greedy }, [403, /maximum cpu usage per Container is 2/]);
      const hard = { 'count/configmaps': '1' };
      const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'q' }, spec: { hard } };
      await visit.ask({ verb: 'create', resource: 'resourcequotas', body: quota });
      const status = { hard, used: { 'count/configmaps': '0' } };
      await visit.ask({
        ...{ verb: 'update', resource: 'resourcequotas', name: 'q', subresource: 'status', body: { ...quota, status } },
      });
      await visit.ask({ verb: 'create', ...CONFIG_MAPS, body: configMap('one') });
      await visit.refused({ verb: 'create', ...CONFIG_MAPS, body: configMap('two') }, [403, /exceeded quota/]);
    },
  },
  {
    name: 'a policy that refuses, warns and is recorded',
    async run(visit) {
      const group = 'admissionregistration.k8s.io/v1';
      const name = `policy-${visit.tag}`;
      const resourceRules = [
        { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] },
      ];
      const validations = [{ expression: "!('bad' in object.data)", message: 'bad is not good' }];
      const spec = { matchConstraints: { resourceRules }, validations };
      await visit.ask({
        ...{ verb: 'create', resource: `${group}/validatingadmissionpolicies`, namespace: '' },
        body: { metadata: { name }, spec },
      });
      const matchResources = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': visit.namespace } } };
      await visit.ask({
        ...{ verb: 'create', resource: `${group}/validatingadmissionpolicybindings`, namespace: '' },
        body: { metadata: { name }, spec: { policyName: name, validationActions: ['Deny', 'Audit'], matchResources } },
      });
      const bad = {
        verb: 'create',
        ...CONFIG_MAPS,
        body: configMap('bad', { bad: '1' }),
        options: { dryRun: ['All'] },
      } as const;
      // The policy is known once the server has seen it.
      while ((await visit.door.ask({ namespace: visit.namespace, ...bad })).refused === undefined);
      await visit.refused(bad, [422, /bad is not good/]);
      await visit.ask({ verb: 'create', ...CONFIG_MAPS, body: configMap('good') });
      for (const kind of ['validatingadmissionpolicybindings', 'validatingadmissionpolicies'])
        await visit.ask({ verb: 'delete', resource: `${group}/${kind}`, namespace: '', name });
    },
  },
  {
    name: 'a namespace that ends takes nothing more',
    async run(visit) {
      const name = `ending-${visit.tag}`;
      const namespaces = { resource: 'namespaces', namespace: '' } as const;
      await visit.ask({ verb: 'create', ...namespaces, body: { metadata: { name } } });
      await visit.ask({ verb: 'delete', ...namespaces, name });
      await visit.refused({ verb: 'create', ...CONFIG_MAPS, namespace: name, body: configMap('a') }, [
        403,
        /being terminated/,
      ]);
      await visit.refused({ verb: 'delete', ...namespaces, name: 'kube-system' }, 403);
      assert.ok(name);
    },
  },
];
