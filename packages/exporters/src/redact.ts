import { BeylaError } from '@beyla/core';

/**
 * Query parameters whose values are redacted, besides those that are known for it (tokens, signatures, passwords, personal data).
 *
 * @public
 */
export interface SensitiveQueryParams {
  /** Further names; case-sensitive. */
  add?: readonly string[];
  /** Known names whose values are shown; stronger than `add`. */
  remove?: readonly string[];
}

/** A query without its secrets. */
export type RedactQuery = (query: string) => string;

/**
 * Query keys whose values may be secrets: signatures, tokens, passwords, personal data. The same list as Beyla's; case-sensitive.
 */
const SENSITIVE_KEYS: ReadonlySet<string> = new Set(
  (
    'X-Amz-Signature X-Amz-Credential X-Amz-Security-Token AWSAccessKeyId Signature SecurityToken X-Goog-Signature ' +
    'sig token access_token refresh_token id_token jwt session sid signature ' +
    'api_key apikey client_secret secret password pass pwd ' +
    'reset_token invite_token verify_token otp totp mfa_code verification_code SAMLResponse assertion ' +
    'card cc pan cvv ssn tax_id'
  ).split(' '),
);

const REDACTED = 'REDACTED';

/** The query with the values of sensitive keys replaced; keys are compared after percent-decoding. Never throws. */
export function redactQuery(query: string): string {
  return redacted(query, SENSITIVE_KEYS);
}

function redacted(query: string, keys: ReadonlySet<string>): string {
  if (query === '') return query;
  return query
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals === -1 || !keys.has(decoded(pair.slice(0, equals)))) return pair;
      return `${pair.slice(0, equals + 1)}${REDACTED}`;
    })
    .join('&');
}

/** Like `redactQuery`, with other keys. Throws UNKNOWN_OPTION. */
export function queryRedactor({ add = [], remove = [], ...others }: SensitiveQueryParams = {}): RedactQuery {
  for (const key of Object.keys(others)) {
    throw new BeylaError(
      'UNKNOWN_OPTION',
      `\`sensitiveQueryParams\` has no \`${key}\`; it takes \`add\` and \`remove\``,
    );
  }
  if (add.length + remove.length === 0) return redactQuery;
  const keys = new Set([...SENSITIVE_KEYS, ...add]);
  for (const key of remove) keys.delete(key);
  return (query) => redacted(query, keys);
}

/** A URL with user name and password replaced (RFC 3986 §3.2.1), as the semantic conventions ask of `url.full`. */
export function redactUserInfo(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${REDACTED}:${REDACTED}@`);
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
