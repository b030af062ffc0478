import { createHash, timingSafeEqual } from 'node:crypto';
import { BeylaError } from '@beyla/core';

/**
 * Name and password that a scraper must send (RFC 7617).
 *
 * @public
 */
export interface BasicAuth {
  /** Without a colon. */
  username: string;
  password: string;
}

/**
 * Tells whether an `Authorization` value has these credentials, in a time that does not tell how much of them is right.
 *
 * @throws BeylaError `INVALID_OPTION` for a name that is empty or has a colon.
 */
export function basicAuthCheck({ username, password }: BasicAuth): (authorization: string | undefined) => boolean {
  if (username === '' || username.includes(':')) {
    throw new BeylaError('INVALID_OPTION', 'prometheus basicAuth.username must be a text without a colon');
  }
  const expected = digest(`${username}:${password}`);
  return (authorization) => {
    const [scheme, credentials] = (authorization ?? '').split(' ', 2);
    const given = digest(Buffer.from(credentials ?? '', 'base64'));
    return timingSafeEqual(given, expected) && scheme?.toLowerCase() === 'basic';
  };
}

/** Of equal length whatever it is made of, so that lengths tell nothing either. */
function digest(text: string | Buffer): Buffer {
  return createHash('sha256').update(text).digest();
}
