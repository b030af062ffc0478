import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegmentClassifier } from './segment-classifier.ts';
import { SEGMENT_MODEL } from './segment-model.gen.ts';

describe('SegmentClassifier', () => {
  const classifier = new SegmentClassifier(SEGMENT_MODEL);

  it.each([
    'users',
    'required_status_checks',
    'findByStatus',
    'v1beta1',
    '1.1',
    'oauth2',
    'rbac.k8s.io',
    'openid-configuration',
    'Anmeldung',
    'paiements',
    'kwiaty',
    'index.html',
    'kündigung',
    '%D0%B3%D0%BE%D1%80%D0%BE%D0%B4',
    '@me',
    'x',
    '',
  ])('takes %j for a word', (text) => expect(classifier.isIdentifier(text)).toBe(false));

  it.each([
    '7',
    '20260102',
    '2026-01-02T03%3A04Z',
    'f47ac10b-58cc-4372-a567-0e02b2c3d479',
    '01HZX3J8Q2V9K4M7N6P5R1S0TB',
    'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'bWFyaWE6c2VjcmV0LXRva2Vu',
    'ada%40example.org',
    'frontend-7d4b9c6f5-x2kq9',
    'my-holiday-pictures-10482',
    'xkqzvbwtrp',
    'PROJ-1234',
    'v2.31.0',
    'a'.repeat(65),
  ])('takes %j for an identifier', (text) => expect(classifier.isIdentifier(text)).toBe(true));

  it('answers for any text, and the same each time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const answer = classifier.isIdentifier(text);
        expect(typeof answer).toBe('boolean');
        expect(classifier.isIdentifier(text)).toBe(answer);
      }),
      { numRuns: 2000 },
    );
  });
});
