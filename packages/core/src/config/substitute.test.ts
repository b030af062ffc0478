// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such texts are what is tested.
import { describe, expect, it } from 'vitest';
import { substitute } from './substitute.ts';

const env = { HOST: 'db', PORT: '80', EMPTY: '', NESTED: '${HOST}', BRACE: '}' };

describe('substitute()', () => {
  it.each([
    ['${HOST}', 'db'],
    ['http://${HOST}:${PORT}/x', 'http://db:80/x'],
    ['${NONE}', ''],
    ['${NONE:-fallback}', 'fallback'],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${HOST:-fallback}', 'db'],
    ['${NONE:-}', ''],
    ['$${HOST}', '${HOST}'],
    ['$${NONE:-x} ${HOST}', '${NONE:-x} db'],
    ['${NESTED}', '${HOST}'],
    ['$HOST', '$HOST'],
    ['^/api$', '^/api$'],
    ['${not a name}', '${not a name}'],
    ['${HOST', '${HOST'],
    ['${toString}', ''],
  ])('makes %j into %j', (text, expected) => {
    expect(substitute(text, env)).toBe(expected);
  });
});
