import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonEncoder, protobufEncoder, yamlEncoder } from './encoder.js';
import { negotiate, negotiateAggregated, negotiatePlain } from './negotiate.js';

const ask = (accept: string, shape: 'object' | 'list' | 'watch' = 'list') =>
  negotiate({ accept, includeObject: 'Metadata', now: () => new Date(0), shape, goType: 'core.Pod' });

test('the first that can be given, by quality', () => {
  assert.equal(ask(''), jsonEncoder);
  assert.equal(ask('*/*'), jsonEncoder);
  assert.equal(ask('text/html, application/yaml'), yamlEncoder);
  assert.equal(ask('application/json;q=0.5, application/vnd.kubernetes.protobuf'), protobufEncoder);
});

test('a Table where it is understood, else what comes next', () => {
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  assert.notEqual(ask(`${table},application/json`), jsonEncoder);
  assert.equal(ask('application/json;as=Nope;v=v1;g=meta.k8s.io,application/json'), jsonEncoder);
});

test('what cannot be given is 406, in two wordings', () => {
  assert.throws(() => ask('text/html'), /406: Not Acceptable/);
  assert.throws(() => ask('application/json;as=Nope;v=v1;g=meta.k8s.io'), /only the following media types/);
  assert.throws(
    () => ask('application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'),
    /is a list \(\*core.PodList\)/,
  );
});

test('what is only done and not kept is no Table', () => {
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const review = (accept: string) =>
    negotiate({
      accept,
      includeObject: 'Metadata',
      now: () => new Date(0),
      shape: 'object',
      goType: '',
      hasTable: false,
    });
  const message =
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf';
  assert.throws(() => review(table), { code: 406, reason: 'NotAcceptable', message });
  assert.equal(review(`${table},application/json`), jsonEncoder);
});

test('discovery comes in every encoding, and in the aggregated form where that is asked for first', () => {
  const aggregated = 'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  assert.equal(negotiatePlain('application/vnd.kubernetes.protobuf'), protobufEncoder);
  assert.equal(negotiatePlain(`application/json;${aggregated},application/yaml`), yamlEncoder);
  assert.throws(() => negotiatePlain(`application/json;${aggregated}`), { reason: 'NotAcceptable' });
  assert.equal(
    negotiateAggregated(`application/json;${aggregated},application/json`)?.contentType,
    `application/json;${aggregated}`,
  );
  assert.equal(negotiateAggregated(`application/vnd.kubernetes.protobuf;${aggregated}`)?.encoder, protobufEncoder);
  const old = `application/json;${aggregated.replace('v2', 'v2beta1')}`;
  assert.equal(negotiateAggregated(`${old},application/json`), undefined);
  assert.equal(negotiateAggregated(`application/json,application/json;${aggregated}`), undefined);
});

test('metadata alone has a protobuf form', () => {
  const meta = 'application/vnd.kubernetes.protobuf;g=meta.k8s.io;v=v1';
  assert.equal(ask(`${meta};as=PartialObjectMetadataList`).contentType, 'application/vnd.kubernetes.protobuf');
  assert.equal(ask(`${meta};as=PartialObjectMetadata`, 'object').contentType, 'application/vnd.kubernetes.protobuf');
});
