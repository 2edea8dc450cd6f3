/** Rules of how objects of one version become those of another. */
import { type FieldError, forbidden, invalid, notSupported, type Path, required } from '../../field-errors.js';
import { validateCaBundle, validateReviewVersions, validateWebhookClient } from '../webhook-client.js';
import type { Conversion, Definition } from './definition.js';

export interface ConversionSettings {
  readonly requireKnownReviewVersion: boolean;
  readonly allowInvalidCaBundle: boolean;
}

const STRATEGIES = ['None', 'Webhook'];

export function validateConversion(
  { conversion, preserveUnknownFields }: Definition,
  settings: ConversionSettings,
  at: Path,
): FieldError[] {
  if (conversion === undefined) return [];
  const { strategy } = conversion;
  const errors: FieldError[] = [];
  if (strategy !== 'None' && preserveUnknownFields)
    errors.push(invalid(at.child('strategy'), strategy, 'must be None if spec.preserveUnknownFields is true'));
  errors.push(...validateStrategy(strategy, at.child('strategy')));
  return [...errors, ...validateConverter(conversion, settings, at)];
}

function validateConverter(
  { strategy, client, reviewVersions }: Conversion,
  settings: ConversionSettings,
  at: Path,
): FieldError[] {
  const [clientAt, versionsAt] = [at.child('webhookClientConfig'), at.child('conversionReviewVersions')];
  if (strategy !== 'Webhook') {
    const text = 'should not be set when strategy is not set to Webhook';
    return [
      ...(client === undefined ? [] : [forbidden(clientAt, text)]),
      ...(reviewVersions.length === 0 ? [] : [forbidden(versionsAt, text)]),
    ];
  }
  const known = { missing: '', known: settings.requireKnownReviewVersion };
  return [
    ...(client === undefined
      ? [required(clientAt, 'required when strategy is set to Webhook')]
      : [
          ...validateWebhookClient(client, clientAt),
          ...(client.caBundle && !settings.allowInvalidCaBundle
            ? validateCaBundle(client.caBundle, clientAt.child('caBundle'))
            : []),
        ]),
    ...validateReviewVersions(reviewVersions, versionsAt, known),
  ];
}

function validateStrategy(strategy: string, at: Path): FieldError[] {
  if (strategy === '') return [required(at)];
  return STRATEGIES.includes(strategy) ? [] : [notSupported(at, strategy, STRATEGIES)];
}
