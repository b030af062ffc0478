import { describe, expect, it } from 'vitest';
import { redactTarget, withoutUserInfo } from './user-info.ts';

describe('redactTarget', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['/@scope/package', '/@scope/package'],
    ['/a//b@c', '/a//b@c'],
    ['*', '*'],
    ['http://user:hunter2@host/a@b', 'http://REDACTED:REDACTED@host/a@b'],
    ['svn+ssh://hunter2@host', 'svn+ssh://REDACTED:REDACTED@host'],
    ['http://user:hun@ter2@host/', 'http://REDACTED:REDACTED@host/'],
    ['user:hunter2@host:443', 'REDACTED:REDACTED@host:443'],
    ['//user:hunter2@host/a', '//REDACTED:REDACTED@host/a'],
    ['/proxy/https://user:hunter2@host/a', '/proxy/https://REDACTED:REDACTED@host/a'],
  ])('%s is %s', (target, redacted) => expect(redactTarget(target)).toBe(redacted));
});

describe('withoutUserInfo', () => {
  it.each([
    ['host:80', 'host:80'],
    ['user:hunter2@host:80', 'host:80'],
    ['a@b@[::1]', '[::1]'],
    ['', ''],
  ])('%s is %s', (authority, place) => expect(withoutUserInfo(authority)).toBe(place));
});
