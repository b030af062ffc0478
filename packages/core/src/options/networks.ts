import { BlockList, isIP, isIPv6 } from 'node:net';
import { BeylaError } from '../errors.ts';

const BITS = { ipv4: 32, ipv6: 128 } as const;
type Family = keyof typeof BITS;

/** An address, or a network such as `10.0.0.0/8`. */
interface Network {
  readonly address: string;
  readonly family: Family;
  readonly prefixBits: number;
}

/** @throws BeylaError `INVALID_OPTION` */
export function parseNetwork(text: string, path: string): Network {
  const [, address = '', bits] = /^([\da-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const prefixBits = Number(bits ?? BITS[family]);
  if (isIP(address) !== 0 && prefixBits <= BITS[family]) return { address, family, prefixBits };
  throw new BeylaError(
    'INVALID_OPTION',
    `\`${path}\` is ${JSON.stringify(text)}; expected an address or a network such as \`10.0.0.0/8\``,
  );
}

/** A set of addresses. */
export class Networks {
  readonly #networks = new BlockList();
  readonly #isEmpty: boolean;

  /** @throws BeylaError `INVALID_OPTION`, which names `path` */
  constructor(networks: readonly string[], path: string) {
    this.#isEmpty = networks.length === 0;
    for (const network of networks) {
      const { address, family, prefixBits } = parseNetwork(network, path);
      this.#networks.addSubnet(address, prefixBits, family);
    }
  }

  has(address: string): boolean {
    if (this.#isEmpty || isIP(address) === 0) return false;
    return this.#networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}
