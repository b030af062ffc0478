/** Host and port of a `Host` header or `:authority`. */
export interface Authority {
  /** Without the brackets of an IPv6 literal. */
  readonly address: string;
  /** Undefined where none is written or what is written is no port. */
  readonly port: number | undefined;
}

/** Takes a `Host` value apart (RFC 9110 §7.2); undefined for an empty one. Never throws. */
export function authorityFromHost(host: string): Authority | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(host) ?? [];
  const address = bracketed ?? plain;
  // More than one colon without brackets: an IPv6 address that was written wrong. It has no port.
  if (address === undefined) return { address: host, port: undefined };
  if (address === '') return undefined;
  const port = Number(digits);
  return { address, port: port >= 1 && port <= 65_535 ? port : undefined };
}

/** Address as it stands in a URL: IPv6 in brackets. */
export function hostInUrl(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
