import { expect, it } from 'vitest';
import { clientError } from '../errors.ts';
import { receivedError, sentError } from './sent-error.ts';

it('brings an error across threads with its code and details', () => {
  const sent = structuredClone(
    sentError(
      clientError('RECORD_STORAGE_FULL', { details: { taken: 3, file: { odd: () => 1 } } }),
      'RECORD_WRITE_FAILED',
    ),
  );
  expect(receivedError(sent)).toMatchObject({ code: 'RECORD_STORAGE_FULL', retryable: false, details: { taken: 3 } });
});

it('gives what was thrown by others a code', () => {
  const error = receivedError(sentError(new TypeError('no'), 'RECORD_ENCODER_FAILED'));
  expect(error).toMatchObject({ code: 'RECORD_ENCODER_FAILED', details: { reason: 'TypeError: no' } });
  expect(receivedError({ code: 'ELSE', message: 'x', details: {} }).code).toBe('RECORD_WRITE_FAILED');
});
