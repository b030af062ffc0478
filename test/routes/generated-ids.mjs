// @ts-check
/**
 * Values for the placeholders of templates.json, made as the services make them: `{int}` → `40213`. Every kind is a function of a seeded
 * source of numbers, so a seed gives the same data set on every machine.
 *
 * @typedef {{ next(): number, below(limit: number): number, pick<T>(list: readonly T[]): T }} Random
 */
const DIGITS = '0123456789';
const HEX = '0123456789abcdef';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const BASE62 = DIGITS + LOWER + UPPER;
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** What Kubernetes draws suffixes from: no vowels, nothing that is easily mistaken. */
const K8S = 'bcdfghjklmnpqrstvwxz2456789';

const WORDS = (
  'payments frontend catalog inventory checkout billing search reports gateway worker redis nginx postgres orders shipping alpha ' +
  'maria thomas anna lucas sofia paolo ingrid kenji olga pierre marco heinz blue winter garden coffee river summer little great happy ' +
  'shirt jacket bottle lamp table bread guide start hello world paris berlin tokyo travel music recipe python rust linux update release'
).split(' ');

/** @param {Random} random @param {string} alphabet @param {number} length */
const text = (random, alphabet, length) =>
  Array.from({ length }, () => alphabet[random.below(alphabet.length)]).join('');
/** @param {Random} random @param {number} digits */
const number = (random, digits) => `${1 + random.below(9)}${text(random, DIGITS, digits - 1)}`;
/** @param {Random} random */
const word = (random) => random.pick(WORDS);
/** @param {Random} random @param {number} count */
const words = (random, count) => Array.from({ length: count }, () => word(random)).join('-');
/** @param {Random} random */
const date = (random) =>
  `20${10 + random.below(20)}-${String(1 + random.below(12)).padStart(2, '0')}-${String(1 + random.below(28)).padStart(2, '0')}`;
/** @param {Random} random */
const time = (random) =>
  [24, 60, 60].map((limit) => String(random.below(limit)).padStart(2, '0')).join(random.below(2) === 0 ? ':' : '%3A');
/** @param {Random} random */
const uuid = (random) =>
  `${text(random, HEX, 8)}-${text(random, HEX, 4)}-4${text(random, HEX, 3)}-${text(random, '89ab', 1)}${text(random, HEX, 3)}-${text(random, HEX, 12)}`;

/** Placeholders that stand for a person's choice of words. Nothing in such a segment says that it is a parameter. */
export const WORD_LIKE_KINDS = Object.freeze(['name', 'titleslug']);

/** @type {Readonly<Record<string, (random: Random) => string>>} */
export const KINDS = Object.freeze({
  name: (random) => word(random),
  titleslug: (random) => words(random, 2 + random.below(4)),

  int: (random) => number(random, 1 + random.below(8)),
  bigint: (random) => number(random, 10 + random.below(5)),
  snowflake: (random) => number(random, 17 + random.below(3)),
  ean: (random) => number(random, 13),
  phone: (random) => `${random.pick(['+', '%2B', ''])}${number(random, 11)}`,
  uuid,
  ulid: (random) => `01${text(random, CROCKFORD, 24)}`,
  sha1: (random) => text(random, HEX, 40),
  shortsha: (random) => text(random, HEX, 7 + random.below(4)),
  sha256: (random) => text(random, HEX, 64),
  digest: (random) => `sha256:${text(random, HEX, 64)}`,
  hex12: (random) => text(random, HEX, 12),
  hex32: (random) => text(random, HEX, 32),
  objectid: (random) => text(random, HEX, 24),
  geoid: (random) => text(random, HEX, 16),
  base62: (random) => text(random, BASE62, 22),
  base64: (random) => text(random, `${BASE62}-_`, random.pick([20, 27, 32, 43, 68])),
  nanoid: (random) => text(random, BASE62, 8 + random.below(5)),
  token: (random) => text(random, DIGITS + LOWER, 25),
  accountid: (random) => (random.below(2) === 0 ? text(random, HEX, 24) : `${number(random, 6)}:${uuid(random)}`),
  date,
  datetime: (random) => `${date(random)}T${time(random)}Z`,
  email: (random) =>
    `${word(random)}${random.pick(['.', '', '_'])}${word(random)}${random.pick(['@', '%40'])}${word(random)}.${random.pick(['com', 'org', 'de'])}`,
  handle: (random) => `${word(random)}${random.pick(['', '_', '-'])}${number(random, 2 + random.below(3))}`,
  slugid: (random) =>
    random.below(2) === 0
      ? `${number(random, 6 + random.below(7))}-${words(random, 2 + random.below(3))}`
      : `${words(random, 2)}-${text(random, DIGITS + LOWER, 10 + random.below(5))}`,
  emoji: (random) => encodeURIComponent(random.pick(['🔥', '👍', '🎉', '❤️', '😀', '🚀'])),
  version: (random) => `${random.pick(['v', ''])}${random.below(20)}.${random.below(40)}.${random.below(20)}`,
  issuekey: (random) => `${text(random, UPPER, 2 + random.below(4))}-${number(random, 1 + random.below(5))}`,
  customfield: (random) => `customfield_${number(random, 5)}`,
  ghsa: (random) => `GHSA-${[0, 1, 2].map(() => text(random, '23456789cfghjmpqrvwx', 4)).join('-')}`,
  prefixed: (random) =>
    `${random.pick(['cus', 'ch', 'pi', 'acct', 'in', 'sub', 'price', 'prod', 're', 'evt', 'pm', 'seti'])}_${text(random, BASE62, random.pick([14, 16, 24]))}`,
  sid: (random) =>
    `${random.pick(['AC', 'SM', 'CA', 'PN', 'RE', 'CF', 'IS', 'CH', 'MM', 'WS'])}${text(random, HEX, 32)}`,
  slackid: (random) =>
    `${random.pick(['C', 'U', 'T', 'B', 'F', 'W'])}0${text(random, DIGITS + UPPER, 7 + random.below(3))}`,
  slackts: (random) => `p${number(random, 16)}`,
  podname: (random) => `${word(random)}-${text(random, K8S, 9 + random.below(2))}-${text(random, K8S, 5)}`,
  replicaset: (random) => `${word(random)}-${text(random, K8S, 9 + random.below(2))}`,
  shortname: (random) => `${word(random)}-${text(random, K8S, 5)}`,
  eventname: (random) => `${word(random)}-${text(random, K8S, 10)}-${text(random, K8S, 5)}.${text(random, HEX, 16)}`,
  cronrun: (random) => `${word(random)}-${number(random, 8)}`,
  nodename: (random) =>
    random.below(2) === 0
      ? `ip-10-${random.below(256)}-${random.below(256)}-${random.below(256)}.ec2.internal`
      : `gke-${word(random)}-pool-${text(random, HEX, 8)}-${text(random, DIGITS + LOWER, 4)}`,
  pvname: (random) => `pvc-${uuid(random)}`,
  csi: (random) => `csi-${text(random, HEX, 64)}`,
  csr: (random) => `csr-${text(random, K8S, 5)}`,
  cartline: (random) => `${number(random, 14)}%3A${text(random, HEX, 32)}`,
  imagefile: (random) => `${word(random)}_${text(random, HEX, 8)}-${uuid(random).slice(9)}.jpg`,
  chatid: (random) => `${number(random, 4)}.${number(random, 7)}.${text(random, BASE62, 13)}`,
});
