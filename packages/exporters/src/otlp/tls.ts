import { readFileSync } from 'node:fs';
import { BeylaError } from '@beyla/core';
import { type EnvironmentValue, fromEnvironment } from './environment.ts';
import type { OtlpTlsOptions } from './options.ts';
import type { OtlpSignal } from './signal.ts';

/** TLS as `node:tls` takes it. */
export interface OtlpTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: false;
}

/** Reads certificates and key; throws INVALID_OPTION where a file cannot be read or one half of cert and key is missing. */
export function resolveTls(options: OtlpTlsOptions | undefined, signal: OtlpSignal): OtlpTls {
  const ca = pem('tls.ca', options?.ca, fromEnvironment(signal, 'CERTIFICATE'));
  const cert = pem('tls.cert', options?.cert, fromEnvironment(signal, 'CLIENT_CERTIFICATE'));
  const key = pem('tls.key', options?.key, fromEnvironment(signal, 'CLIENT_KEY'));
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
    throw new BeylaError('INVALID_OPTION', `the OTLP option tls.${there} needs tls.${missing}, too`);
  }
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(options?.insecureSkipVerify === true && { rejectUnauthorized: false }),
  };
}

function pem(name: string, option: string | undefined, found: EnvironmentValue | undefined): string | undefined {
  const source = option === undefined ? found : { name: `the OTLP option ${name}`, value: option };
  if (source === undefined || source.value.includes('-----BEGIN')) return source?.value;
  try {
    return readFileSync(source.value, 'utf8');
  } catch (cause) {
    throw new BeylaError('INVALID_OPTION', `${source.name} names a file that cannot be read: \`${source.value}\``, {
      cause,
    });
  }
}
